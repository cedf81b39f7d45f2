"""What becomes of clients' transactions when everything that takes part is killed at random?

`client` is a program that writes through the proxy and notes what it is told, `told` reads these notes, `stage` holds
the processes and kills them, `verdict` compares what clients were told with the queue and with QuickBooks.
"""
