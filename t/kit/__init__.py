"""The kit of the web tests and the demo: real servers on loopback, started and ended together."""
