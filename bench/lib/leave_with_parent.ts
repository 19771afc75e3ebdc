/** Preloaded into every bench process: it leaves when it is let go, and closes what it has open, as `kill` would not. */
process.once('disconnect', () => process.exit())
