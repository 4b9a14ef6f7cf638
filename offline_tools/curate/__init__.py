# SPDX-License-Identifier: Apache-2.0
"""The data engine: from the name of a place to pairs of a photo and a map."""
