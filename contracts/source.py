"""What every kind of source says of itself, and which kinds there are."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, SerializeAsAny, ValidationInfo

from contracts.block import Block
from contracts.layout import Layout

FOLDER = "extract.sources"


class Source(Block):
    """One block of `sources` in a client file.

    A kind is a folder of extract/sources: its package has the block as ``SOURCE``, its module ``extract`` the function
    ``extract`` that lands what the source has. All others know a source by what is declared here.
    """

    kind: str

    step: ClassVar[str]
    """The name of its extract step."""
    origins: ClassVar[tuple[str, ...]]
    """What the manifests of its deliveries have as ``origin``."""
    datasets: ClassVar[tuple[str, ...] | None] = None
    """Which datasets it can deliver; None: all."""
    is_demo: ClassVar[bool] = False
    """Whether its data is made here, by the `demo` of the client file: every day of a run, and ending with it."""
    is_stream: ClassVar[bool] = False
    """Whether a delivery is a batch of messages, any field of which may be missing in all of it."""
    is_live: ClassVar[bool] = False
    """Whether it is read past the business date: it delivers what there is at that moment."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """Its settings that must be a variable; `auth.token` for one within a block."""
    takes_variables: ClassVar[tuple[str, ...]] = ()
    """Its other settings in which a variable may stand: paths, addresses, what belongs to an access."""
    nests_payments: ClassVar[bool] = False
    """Whether its orders come with their payments."""
    can_be_tried: ClassVar[bool] = False
    """Whether it is the same after its extract: `sales check` reads such a source, of others what they landed."""
    whole_shop: ClassVar[str | None] = None
    """The preset of all datasets of a shop, for which one block stands, under any name; None: there is none."""
    asks_for_access: ClassVar[bool] = False
    """Whether its module ``access`` has a function ``missing`` that says what it may not read: `sales check` asks."""
    is_in_our_layout: ClassVar[bool] = False
    """Whether what it lands is JSON Lines by the names of our columns."""

    @property
    def layout(self) -> Layout | None:
        """How what it lands is read; None: in our own layout."""
        return None

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """Every way in which one of its deliveries is read."""
        return (self.layout,) if self.layout else ()

    @property
    def full_batch(self) -> int:
        """How many records a full batch has, where the size of one is chance; 0: it delivers no batches."""
        return 0

    def layout_of(self, origin: str) -> Layout | None:
        """How a delivery of the origin is read: what came before a stream is in our own layout."""
        return None if self.is_stream and origin not in self.origins else self.layout

    def reads(self, origin: str) -> bool:
        """Whether it says how a delivery of the origin is read, which may be of the kind that the client had before."""
        kind = kind_of(origin)
        if origin in self.origins or kind is None:
            return True
        return kind.is_in_our_layout if self.is_stream else not (self.is_live or kind.is_live)


def kinds() -> Mapping[str, type[Source]]:
    """Every kind of source by its name, in alphabetical order."""
    folder = import_module(FOLDER)
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return {name: import_module(f"{FOLDER}.{name}").SOURCE for name in names}


def extraction(kind: str) -> Callable[..., Any]:
    """The function that lands what sources of the kind have; imported now, as it may bring a client library."""
    function: Callable[..., Any] = import_module(f"{FOLDER}.{kind}.extract").extract
    return function


def missing_access(kind: str) -> Callable[..., list[str]]:
    """The function that asks the client's servers of the kind what may not be read there, and says it."""
    function: Callable[..., list[str]] = import_module(f"{FOLDER}.{kind}.access").missing
    return function


def kind_of(origin: str) -> type[Source] | None:
    """The kind whose deliveries have the origin."""
    return next((kind for kind in kinds().values() if origin in kind.origins), None)


def is_stream(origin: str) -> bool:
    """Whether deliveries of the origin are batches of messages."""
    kind = kind_of(origin)
    return kind is not None and kind.is_stream


def is_live(origin: str) -> bool:
    """Whether deliveries of the origin have what there was when they were read."""
    kind = kind_of(origin)
    return kind is not None and kind.is_live


def _of_its_kind(block: Any, info: ValidationInfo) -> Any:
    if not isinstance(block, Mapping):
        return block
    known = kinds()
    kind = known.get(str(block.get("kind")))
    if kind is None:
        raise ValueError(f"its kind is {block.get('kind')!r}; expected one of {', '.join(known)}")
    return kind.model_validate(block, context=info.context)


AnySource = Annotated[SerializeAsAny[Source], BeforeValidator(_of_its_kind)]
