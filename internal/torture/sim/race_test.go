//go:build race

package sim_test

// worlds is how many are simulated when nobody says how many. SQLite is a program in Go
// here, which the race detector makes twenty times slower.
const worlds = 60
