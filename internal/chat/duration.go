package chat

import (
	"fmt"
	"time"
)

// InWords says how long a limit of more than one is: whole days, hours or minutes, such as 7 days.
func InWords(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}} {
		if d > unit.of && d%unit.of == 0 {
			return fmt.Sprintf("%d %s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}
