// Package torture shows that the delivery contract holds: it runs the real program as
// a process of its own, has clients talk through it while it is killed, stopped and cut
// off, and has package checker judge what they saw. Nothing of it is part of the program.
package torture
