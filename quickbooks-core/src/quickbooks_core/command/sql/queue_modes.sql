-- queue_modes: which roles are in queue mode.
SELECT role, set_by, set_at FROM {mirror}._sync_queue_mode ORDER BY role
