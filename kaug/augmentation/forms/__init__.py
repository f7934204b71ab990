"""Facts → closed-book rows, one module a family of forms; each turns columns of facts into EXAMPLES."""
