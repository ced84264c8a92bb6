#error "to be written with net/ring"
