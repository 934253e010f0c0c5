"""The losses of a step."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from contracts.embedding_set import TWO_PARTS
from model.training.lookalikes.config import ITEM_SCALE
from model.training.lookalikes.heads import AttributeHeads, split_embedding
from model.training.lookalikes.item_memory import ItemMemory
from model.training.lookalikes.losses.items import item_loss
from tools.train_shipped.batch_rows import all_groups
from tools.train_shipped.config import TrainingConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.set_loss import set_loss
from tools.train_shipped.step_batch import StepLabels
from tools.train_shipped.training_set import TYPE, TrainingSet

# How much the type of products, photos and garments counts.
_KIND_WEIGHTS = (0.6, 0.25, 0.25)
# The agreement loss begins when so much of the time is over, and has its full weight after so much more of it.
_AGREEMENT_BEGINS, _AGREEMENT_RISES = 0.15, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class StepOutput:
    """What the network makes of a step's views.

    Attributes:
        pooled: (B, features) float32, of distorted views.
        embedding: (B, 512) float32, of distorted views.
        keys: both parts of the averaged network's embeddings of key views, (B, 30) and (B, 482) float32,
            L2-normalised, without gradient.
    """

    pooled: Tensor
    embedding: Tensor
    keys: tuple[Tensor, Tensor]


class Objective(nn.Module):
    """The sum of all losses; its parameters are heads that are needed in training only.

    Args:
        pictures: of the training.
        features: width of the pooled features.
        config: weights of the losses.
        draws: which remembered pictures a view is contrasted with.
    """

    def __init__(self, pictures: TrainingSet, features: int, config: TrainingConfig, draws: Draws) -> None:
        super().__init__()
        self._config = config
        self._draws = draws
        counts = [len(values) for values in pictures.values]
        self.heads = AttributeHeads(counts, TWO_PARTS[:1], torch.Generator().manual_seed(config.seed))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.auxiliary = nn.ModuleList(nn.Linear(features, n) for n in (*counts, len(pictures.categories)))
        self.memory = ItemMemory(all_groups(pictures), TWO_PARTS[1])

    def compute(self, head: nn.Module | None, labels: StepLabels, output: StepOutput, done: float) -> dict[str, Tensor]:
        """The weighted losses of a step, () float32 each, by name; remembers the keys.

        Args:
            head: the network's category head, which learns from the embedding without changing it.
            labels: of the step's pictures.
            output: of the network.
            done: share of the training's time that is over, 0 to 1.
        """
        config = self._config
        first, second = split_embedding(output.embedding)
        logits = self.heads(0, first)
        terms = {
            "type": config.type_weight * self._type_loss(logits[TYPE], labels),
            "colour": config.colour_weight * self._set_loss(logits[1], labels.allowed[1]),
            "gender": config.gender_weight * self._set_loss(logits[2], labels.allowed[2]),
            "auxiliary": config.auxiliary_weight * self._auxiliary_loss(output.pooled, labels),
            "agreement": self._agreement_weight(done) * self._agreement_loss(logits, output.keys[0], labels),
            "items": self._item_loss(second, output.keys[1], labels),
        }
        if head is not None:
            terms["head"] = self._set_loss(head(output.embedding.detach()), labels.allowed[TYPE])
        return terms

    def top1(self, embedding: Tensor, allowed: Tensor) -> Tensor:
        """Share of pictures whose first guess of the type is an allowed one: (B, 512), (B, types) -> () float32."""
        return self.heads.top1(split_embedding(embedding)[0], allowed)

    def _set_loss(self, logits: Tensor, allowed: Tensor) -> Tensor:
        return set_loss(logits, allowed, self._config.label_smoothing)

    def _type_loss(self, logits: Tensor, labels: StepLabels) -> Tensor:
        """Each kind of picture for itself, so that the weights of the kinds do not depend on the batch."""
        allowed = labels.allowed[TYPE]
        losses = [
            weight * self._set_loss(logits[rows], allowed[rows])
            for rows, weight in zip(labels.kinds, _KIND_WEIGHTS, strict=True)
        ]
        return torch.stack(losses).sum()

    def _auxiliary_loss(self, pooled: Tensor, labels: StepLabels) -> Tensor:
        """Types, colours and genders, and the classes of photos and garments, linearly from the pooled features."""
        *attributes, categories = (head(pooled) for head in self.auxiliary)
        losses = [self._set_loss(each, allowed) for each, allowed in zip(attributes, labels.allowed, strict=True)]
        of_photos = categories[labels.products :]
        losses.append(F.cross_entropy(of_photos, labels.categories, label_smoothing=self._config.label_smoothing))
        return torch.stack(losses).sum()

    def _agreement_loss(self, logits: list[Tensor], key_firsts: Tensor, labels: StepLabels) -> Tensor:
        """Photos and garments, whose colour and gender nobody has named, must show those of their undistorted keys."""
        with torch.no_grad():
            goals = self.heads(0, key_firsts)
        unnamed = slice(labels.products, None)
        losses = [
            F.kl_div(mine[unnamed].log_softmax(1), goal[unnamed].softmax(1), reduction="batchmean")
            for mine, goal in zip(logits[1:], goals[1:], strict=True)
        ]
        return torch.stack(losses).sum()

    def _agreement_weight(self, done: float) -> float:
        return self._config.agreement_weight * min(1.0, max(0.0, done - _AGREEMENT_BEGINS) / _AGREEMENT_RISES)

    def _item_loss(self, second: Tensor, keys: Tensor, labels: StepLabels) -> Tensor:
        """Tell single items apart: a view must be nearer to its own key than to other remembered pictures."""
        memory = self.memory
        memory.store(labels.index, keys)
        # The batch's own rows come first, so that each view has its positive.
        others = self._draws.integers(len(memory.groups), self._config.item_negatives)
        compared = torch.cat((labels.index, others))
        positive = memory.groups[labels.index][:, None] == memory.groups[compared][None]
        vectors, stored = memory.vectors[compared].float(), memory.stored[compared]
        return item_loss(second, vectors, stored, positive, ITEM_SCALE)[0]
