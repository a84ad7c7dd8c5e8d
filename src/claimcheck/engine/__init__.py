"""The one loop: claims in, edit messages out; what is remembered, what is missing, and what becomes of each line."""
