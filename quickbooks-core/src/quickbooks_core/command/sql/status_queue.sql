-- status_queue: what of the queue is not at its end, and what has failed since yesterday.
SELECT * FROM {mirror}._sync_waiting()
