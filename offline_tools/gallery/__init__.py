# SPDX-License-Identifier: Apache-2.0
"""Maps as pictures, and a page of them by which a person judges a region at a glance."""
