"""Thumbnails of pictures as cameras take them: size, time and likeness, beside Pillow as it is used and libvips."""
