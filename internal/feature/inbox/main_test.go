package inbox_test

import (
	"testing"

	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
