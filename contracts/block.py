"""What every part of a client file is made of."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class Block(BaseModel):
    """A part of a client file: refuses what it does not know, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
