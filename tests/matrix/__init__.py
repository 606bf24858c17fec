"""The matrix: twenty steps of a program, with every generation of the official clients, against one server."""
