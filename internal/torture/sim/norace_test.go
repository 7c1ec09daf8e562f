//go:build !race

package sim_test

// worlds is how many are simulated when nobody says how many.
const worlds = 400
