package browser

import (
	"os"
	"runtime"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

// TestProgramIsSmall holds the program to its budget: it had 16.8 MB before there was a page, 19.2 with teaching, 19.4 with kernels for
// more processors, and 20.8 with newer networks and other tasks, of which 1.9 were Prometheus's library.
func TestProgramIsSmall(t *testing.T) {
	const most = 19_600_000
	if runtime.GOARCH != "amd64" {
		t.Skip("the budget is that of amd64")
	}
	info, err := os.Stat(program.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", info.Size())
	if info.Size() > most {
		t.Errorf("the program has %d bytes (at most %d)", info.Size(), most)
	}
}
