import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import BundleError
from contracts.search_defaults import Scaling
from index import fitting
from index.fitting import fit_reduction
from index.reduction import Reduction, unit_rows


def draw(rows: int, *, seed: int = 0, directions: int = 60) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    latent = generator.standard_normal((rows, directions)) * np.linspace(2.0, 0.1, directions)
    return np.maximum(0.4 + 0.1 * latent @ generator.standard_normal((directions, 512)), 0.0).astype(np.float32)


def unfolded(
    embeddings: NDArray[np.float32], queries: NDArray[np.float32], scaling: Scaling, components: int
) -> NDArray[np.float64]:
    """Scaling and PCA one after the other in float64, by scikit-learn."""
    if scaling == "minmax":
        scaler = MinMaxScaler(feature_range=(-1, 1)).fit(embeddings.astype(np.float64))
        scaled, scaled_queries = (scaler.transform(rows.astype(np.float64)) for rows in (embeddings, queries))
    else:
        scaled, scaled_queries = (
            rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True) for rows in (embeddings, queries)
        )
    reduced: NDArray[np.float64] = PCA(n_components=components, svd_solver="full").fit(scaled).transform(scaled_queries)
    return reduced


def cosines(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    a, b = a.astype(np.float64), b.astype(np.float64)
    products: NDArray[np.float64] = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return products


@pytest.mark.parametrize("scaling", ["minmax", "l2"])
@pytest.mark.parametrize("rows", [100, 1500])
def test_one_matrix_and_offset_do_what_scaling_and_pca_do_in_float64(scaling: Scaling, rows: int) -> None:
    embeddings, queries = draw(rows), draw(50, seed=1)
    reduction = fit_reduction(embeddings, scaling=scaling, components=30, seed=0)
    for given_rows in (embeddings, queries):
        expected = unfolded(embeddings, given_rows, scaling, 30)
        reduced = reduction.reduce(given_rows)
        assert reduced.dtype == np.float32
        assert np.abs(reduced - expected).max() < 1e-5 * np.abs(expected).max()
        assert cosines(reduced, expected).min() > 1 - 1e-10
    assert reduction.components == 30
    assert (np.diff(reduction.explained_variance_ratio) <= 0).all()


@pytest.mark.parametrize("scaling", ["minmax", "l2"])
@pytest.mark.parametrize("rows", [100, 1500])
def test_whitening_divides_each_component_by_its_standard_deviation(scaling: Scaling, rows: int) -> None:
    embeddings, queries = draw(rows), draw(50, seed=1)
    plain, white = (
        fit_reduction(embeddings, scaling=scaling, components=30, seed=0, whiten=whiten) for whiten in (False, True)
    )
    assert (plain.whitened, white.whitened) == (False, True)
    assert (plain.explained_variance_ratio == white.explained_variance_ratio).all()
    deviations = np.std(unfolded(embeddings, embeddings, scaling, 30), axis=0, ddof=1)
    for given_rows in (embeddings, queries):
        expected = unfolded(embeddings, given_rows, scaling, 30) / deviations
        assert np.abs(white.reduce(given_rows) - expected).max() < 1e-4
        assert cosines(white.reduce(given_rows), expected).min() > 1 - 1e-9
    assert np.cov(white.reduce(embeddings).T) == pytest.approx(np.eye(30), abs=1e-3)


def test_whitening_leaves_out_directions_that_are_all_rounding() -> None:
    generator = np.random.default_rng(0)
    embeddings = draw(400, directions=5) + 3e-6 * generator.standard_normal((400, 512), np.float32)
    reduction = fit_reduction(embeddings, scaling="l2", components=400, seed=0, whiten=True)
    assert reduction.explained_variance_ratio.min() > 1e-6
    # A picture whose embedding came out a rounding away is still far nearer to itself than to any other.
    again = reduction.reduce(np.nextafter(embeddings, np.float32(9.0)))
    assert cosines(again, reduction.reduce(embeddings)).min() > 0.999


def test_one_embedding_reduces_like_a_batch() -> None:
    embeddings = draw(100)
    for scaling in ("minmax", "l2"):
        reduction = fit_reduction(embeddings, scaling=scaling, components=8, seed=0)
        batch = reduction.reduce(embeddings[:6].reshape(2, 3, 512))
        assert batch.shape == (2, 3, 8)
        assert np.allclose(reduction.reduce(embeddings[4]), batch[1, 1], atol=1e-5)


def test_the_same_embeddings_give_the_same_reduction() -> None:
    first, second = (fit_reduction(draw(600), scaling="minmax", components=30, seed=0) for _ in range(2))
    assert (first.matrix == second.matrix).all()
    assert (first.offset == second.offset).all()


def test_a_share_of_variance_keeps_as_many_components_as_it_takes() -> None:
    for rows in (100, 1500):
        reduction = fit_reduction(draw(rows), scaling="minmax", components=0.9, seed=0)
        ratios = reduction.explained_variance_ratio
        assert ratios.sum() >= 0.9
        assert ratios[:-1].sum() < 0.9


@pytest.mark.parametrize("scaling", ["minmax", "l2"])
@pytest.mark.parametrize(("rows", "components", "kept"), [(20, 30, 19), (2, 30, 1), (40, 10**6, 39), (31, 30, 30)])
def test_more_components_than_directions_are_cut_to_what_there_is(
    scaling: Scaling, rows: int, components: int, kept: int
) -> None:
    assert fit_reduction(draw(rows), scaling=scaling, components=components, seed=0).components == kept


def test_constant_dimensions_have_no_say_even_when_a_query_differs_there() -> None:
    embeddings, query = draw(700), draw(1, seed=3)
    embeddings[:, 10:20] = 0.0
    embeddings[:, 20] = 7.5
    embeddings[:, 21] = 1.0 + 1e-7 * np.arange(700)
    reduction = fit_reduction(embeddings, scaling="minmax", components=30, seed=0)
    other = query.copy()
    other[:, 10:22] = 1e4
    assert (reduction.reduce(query) == reduction.reduce(other)).all()
    embeddings[:, 100:400] = 1.0
    noisy = embeddings.copy()
    noisy[:, 100:400] += 5e-5 * np.random.default_rng(4).random((700, 1), np.float32)
    constant, nearly = (
        fit_reduction(rows, scaling="minmax", components=30, seed=0).explained_variance_ratio
        for rows in (embeddings, noisy)
    )
    assert np.abs(constant - nearly).max() < 1e-6
    assert np.isfinite(reduction.reduce(embeddings)).all()


def test_a_zero_embedding_reduces_to_finite_numbers() -> None:
    embeddings = draw(50)
    embeddings[7] = 0.0
    for scaling in ("minmax", "l2"):
        reduction = fit_reduction(embeddings, scaling=scaling, components=5, seed=0)
        assert np.isfinite(reduction.reduce(np.zeros(512, np.float32))).all()


@pytest.mark.parametrize("scaling", ["minmax", "l2"])
@pytest.mark.parametrize("embeddings", [draw(1), np.repeat(draw(1), 9, axis=0), np.zeros((5, 512), np.float32)])
def test_embeddings_that_are_all_equal_are_refused(scaling: Scaling, embeddings: NDArray[np.float32]) -> None:
    with pytest.raises(BundleError, match="at least two different pictures"):
        fit_reduction(embeddings, scaling=scaling, components=30, seed=0)


def test_embeddings_of_one_direction_are_refused_by_l2_with_the_way_out() -> None:
    embeddings = np.arange(1, 9, dtype=np.float32)[:, None] * draw(1)
    with pytest.raises(BundleError, match="--scaling minmax"):
        fit_reduction(embeddings, scaling="l2", components=30, seed=0)
    assert fit_reduction(embeddings, scaling="minmax", components=30, seed=0).components == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_refused_by_its_row(value: float) -> None:
    embeddings = draw(40)
    embeddings[33, 5] = value
    with pytest.raises(BundleError, match="row 33 holds NaN or infinity"):
        fit_reduction(embeddings, scaling="minmax", components=30, seed=0)


def test_no_embeddings_are_refused() -> None:
    with pytest.raises(BundleError, match="lookalike extract"):
        fit_reduction(np.empty((0, 512), np.float32), scaling="minmax", components=30, seed=0)


@pytest.mark.parametrize("components", [0, -1, 0.0, 1.0, 1.5, float("nan"), True])
def test_components_out_of_range_are_refused(components: float) -> None:
    with pytest.raises(BundleError, match="components"):
        fit_reduction(draw(40), scaling="minmax", components=components, seed=0)


def test_many_rows_are_sampled_but_every_value_is_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MAX_FITTED_ROWS", 1000)
    embeddings = draw(4000)
    embeddings[1234, 0] = 50.0  # in one row only: the sample may miss it, the scaling must not
    sampled = fit_reduction(embeddings, scaling="minmax", components=400, seed=0)
    expected = unfolded(embeddings, embeddings[:300], "minmax", 400)
    # A sample turns the axes a little, so distances are compared, not coordinates.
    assert np.linalg.norm(sampled.matrix[0]) < 0.2 * np.median(np.linalg.norm(sampled.matrix, axis=1))
    reduced = sampled.reduce(embeddings[:300])
    distances, expected_distances = (np.linalg.norm(r - r[::-1], axis=1) for r in (reduced, expected))
    assert np.corrcoef(distances, expected_distances)[0, 1] > 0.99
    again = fit_reduction(embeddings, scaling="minmax", components=400, seed=0)
    assert (again.matrix == sampled.matrix).all()


@given(
    st.integers(0, 2**32),
    st.integers(1, 30),
    st.sampled_from([1e-30, 1e-6, 1.0, 1e6, 1e15]),
    st.sampled_from(["minmax", "l2"]),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_any_finite_embeddings_are_fitted_or_refused(
    seed: int, rows: int, size: float, scaling: Scaling, whiten: bool
) -> None:
    generator = np.random.default_rng(seed)
    embeddings = (size * generator.integers(0, 3, (rows, 512)) * (generator.random(512) < 0.5)).astype(np.float32)
    try:
        reduction = fit_reduction(embeddings, scaling=scaling, components=30, seed=0, whiten=whiten)
    except BundleError:
        compared = unit_rows(embeddings) if scaling == "l2" else embeddings
        assert size == 1e-30 or np.ptp(compared, axis=0).max() < 1e-6
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(reduction.reduce(embeddings)).all()


def test_a_saved_reduction_is_read_back(tmp_path: Path) -> None:
    reduction = fit_reduction(draw(100), scaling="l2", components=12, seed=0)
    reduction.save(tmp_path / "reduction.npz")
    again = Reduction.load(tmp_path / "reduction.npz")
    assert again.scaling == "l2"
    assert again.whitened is False
    assert (again.matrix == reduction.matrix).all()
    assert (again.offset == reduction.offset).all()
    assert (again.explained_variance_ratio == reduction.explained_variance_ratio).all()


def test_what_is_no_reduction_is_refused(tmp_path: Path) -> None:
    good: dict[str, NDArray[np.generic]] = {
        "matrix": np.ones((EMBEDDING_DIMENSIONS, 3), np.float32),
        "offset": np.ones(3, np.float32),
        "scaling": np.array("l2"),
        "explained_variance_ratio": np.array([0.5, 0.2, 0.1]),
        "whitened": np.array(True),
    }
    path = tmp_path / "reduction.npz"
    changes: list[dict[str, NDArray[np.generic]]] = [
        {"matrix": np.ones((3, EMBEDDING_DIMENSIONS), np.float32)},
        {"matrix": np.ones((EMBEDDING_DIMENSIONS, 3))},
        {"matrix": np.full((EMBEDDING_DIMENSIONS, 3), np.nan, np.float32)},
        {"offset": np.ones(4, np.float32)},
        {"offset": np.float32(1.0)},  # type: ignore[dict-item]
        {"scaling": np.array("standard")},
        {"explained_variance_ratio": np.ones(2)},
        {"whitened": np.array(1)},
        {"whitened": np.ones(3, np.bool_)},
    ]
    for change in changes:
        np.savez(path, **{**good, **change})  # type: ignore[arg-type]
        with pytest.raises(ValueError):
            Reduction.load(path)
    for name in good:
        np.savez(path, **{key: array for key, array in good.items() if key != name})  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=name):
            Reduction.load(path)
    np.savez(path, **good)  # type: ignore[arg-type]
    assert Reduction.load(path).components == 3
    assert Reduction.load(path).whitened is True


def test_unit_rows_keeps_zeros_and_survives_extremes() -> None:
    rows = np.array([[0, 0], [3, 4], [3e38, 4e37], [1e-40, 0]], np.float32)
    units = unit_rows(rows)
    assert units[0].tolist() == [0.0, 0.0]
    assert units[1] == pytest.approx([0.6, 0.8])
    assert np.linalg.norm(units[1:], axis=1) == pytest.approx([1.0] * 3, abs=1e-6)
