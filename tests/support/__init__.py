"""What tests share: places, books, claims, and the independent recount."""
