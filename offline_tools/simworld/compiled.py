# SPDX-License-Identifier: Apache-2.0
"""How the innermost functions of the camera are compiled.

They neither make arrays nor keep them, so that counting the references to them, which would take most of the time, is
left out. Rounding may differ from one processor to another in the last bits; what is not a number is not looked for.
"""

from numba import njit

_HARMLESS = {"contract", "arcp", "nsz"}

#: Compiled into its caller.
inlined = njit(nogil=True, error_model="numpy", _nrt=False, forceinline=True, fastmath=_HARMLESS)
#: A function of its own.
leaf = njit(nogil=True, error_model="numpy", _nrt=False, fastmath=_HARMLESS)
