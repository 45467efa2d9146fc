"""Whether a number can be an NHS number: NHS Data Dictionary, attribute NHS NUMBER (ten digits, Modulus 11)."""

import re
from typing import Final

LENGTH: Final = 10
MODULUS: Final = 11


def can_be_nhs_number(text: str) -> bool:
    """Ten digits, of which the last checks the others. Spaces and hyphens between them are how people write it.

    Each of the first nine is multiplied by its weight, 10 down to 2. What the sum lacks to a multiple of 11 is the
    check digit; where that would be 10 there is no such number. Ten equal digits are typed by people who have none.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(rf"[0-9]{{{LENGTH}}}", digits) or len(set(digits)) == 1:
        return False
    *first, check = map(int, digits)
    weighed = sum(weight * digit for weight, digit in zip(range(LENGTH, 1, -1), first, strict=True))
    return -weighed % MODULUS == check
