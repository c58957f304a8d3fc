"""Boolean sums of products over conditions, such as ``DEV*~URB + LIT``, and memberships in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.errors import SettingError

__all__ = ["Product", "conditions_of", "membership", "parse", "product_membership", "product_text"]

Array = NDArray[np.float64]

#: One product: condition → True for present, False for absent.
Product = dict[str, bool]


def parse(expression: str) -> tuple[Product, ...]:
    """The products of a sum: ``*`` joins conditions, ``+`` joins products, ``~`` negates one.

    Raises
    ------
    SettingError
        If a condition is missing between two signs, or a product wants one both present and absent.

    Examples
    --------
    >>> parse("DEV*~URB + LIT")
    ({'DEV': True, 'URB': False}, {'LIT': True})
    """
    products: list[Product] = []
    for part in expression.split("+"):
        product: Product = {}
        for word in part.split("*"):
            name = word.strip()
            present = True
            while name.startswith("~"):
                name, present = name[1:].strip(), not present
            if not name:
                raise SettingError(
                    f"a condition is missing in {expression!r}; write products such as A*~B, "
                    "joined by +"
                )
            if product.get(name, present) != present:
                raise SettingError(f"{name!r} is both present and absent in {part.strip()!r}")
            product[name] = present
        products.append(product)
    return tuple(products)


def conditions_of(expression: str) -> tuple[str, ...]:
    """The conditions that an expression names, each once, in order."""
    return tuple(dict.fromkeys(name for product in parse(expression) for name in product))


def product_text(product: Mapping[str, bool]) -> str:
    """A product in print.

    Examples
    --------
    >>> product_text({"DEV": True, "URB": False})
    'DEV*~URB'
    """
    return "*".join(name if present else f"~{name}" for name, present in product.items())


def product_membership(columns: Sequence[Array]) -> Array:
    """Membership in a product: the least of its parts, shape (n,)."""
    out: Array = np.minimum.reduce(columns)
    return out


def membership(cases: Cases, expression: str) -> Array:
    """Membership of every case in an expression, shape (n,): min over ``*``, max over ``+``.

    NaN where a condition in it is unknown, even where the others would settle it.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(pl.DataFrame({"case": ["k", "l"], "A": [0.8, 0.3], "B": [0.1, 0.6]}))
    >>> membership(cases, "A*~B + B").tolist()
    [0.8, 0.6]
    """
    if expression in cases.codings:  # its name may hold signs
        return cases.codings[expression].value
    products = []
    for product in parse(expression):
        parts = [cases.coding(n if on else f"~{n}").value for n, on in product.items()]
        products.append(product_membership(parts))
    out: Array = np.maximum.reduce(products)
    return out
