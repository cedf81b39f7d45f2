-- deselected: columns of a table that the user does not want mirrored.
SELECT column_name FROM {mirror}._sync_deselected WHERE table_name = %s
