"""What can happen next: each move draws one operation, or none where the world has nothing for it."""
