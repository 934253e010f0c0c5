"""Conditions on attributes as conditions of a statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from engines.postgresql.code_sets import CodeSet, CodeSets
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.where import Where
from index.columns.fields import FieldTest

# A condition that fewer items pass is answered by the index of codes, which larger ones are too dear for.
_FEW: Final = 1 / 40
_MOST_LOOKED_UP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions on the points of a version.

    Attributes:
        where: these.
        items: number of items of the version that pass; None: not known.
    """

    where: Where
    items: int | None


NO_CONDITIONS: Final = Conditions(Where(), None)
_NOTHING: Final = Conditions(Where().with_clause("false"), 0)


def where_tests(
    columns: Mapping[str, StoredColumn],
    code_sets: CodeSets,
    needed: Sequence[FieldTest],
    unwanted: Sequence[FieldTest],
    *,
    items: int,
) -> Conditions:
    """The items that pass all needed tests and no unwanted one.

    An item without a value of a field has code 0, which is in no set. So it fails the needed tests of the field, and
    passes the unwanted ones.

    Args:
        columns: by name; a field without a column is one that no item has a value of.
        code_sets: of the same version.
        needed, unwanted: see `index.part.Part.candidates`.
        items: of the version.
    """
    if any(test.field not in columns for test in needed):
        return _NOTHING
    where, known = Where(), []
    for test in needed:
        column = columns[test.field]
        codes = code_sets.of(column, test.test)
        if not codes.codes and not codes.ranges:
            return _NOTHING
        where = _with_set(where, column, codes, negated=False)
        known.append(codes.items)
        if codes.items < _FEW * items and not codes.ranges and len(codes.codes) <= _MOST_LOOKED_UP:
            where = where.with_clause("codes && %s::integer[]", list(codes.codes))
    for test in unwanted:
        if test.field in columns:
            column = columns[test.field]
            codes = code_sets.of(column, test.test)
            if codes.codes or codes.ranges:
                where = _with_set(where, column, codes, negated=True)
                known.append(items - codes.items)
    if not known:
        return NO_CONDITIONS
    return Conditions(where, known[0] if len(known) == 1 else None)


def _with_set(where: Where, column: StoredColumn, codes: CodeSet, *, negated: bool) -> Where:
    clauses: list[sql.Composable] = []
    parameters: list[object] = []
    code = sql.SQL("codes[{}]").format(sql.Literal(column.place))
    if codes.codes:
        clauses.append(sql.SQL("{} = ANY(%s::integer[])").format(code))
        parameters.append(list(codes.codes))
    for first, last in codes.ranges:
        clauses.append(sql.SQL("{} BETWEEN %s AND %s").format(code))
        parameters += [first, last]
    joined = sql.SQL(" OR ").join(clauses)
    # A code is never null, so NOT is also true for items without a value.
    clause = sql.SQL("NOT ({})" if negated else "({})").format(joined)
    return where.with_clause(clause, *parameters)
