"""Mirror descent guided policy search (section 5): one neural policy from many local ones."""
