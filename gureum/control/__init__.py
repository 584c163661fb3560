"""Controllers (named passes over the state, without input), durable timers, the clock's keeper."""
