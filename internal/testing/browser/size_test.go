package browser

import (
	"os"
	"runtime"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

// TestProgramIsSmall holds the program to its budget: it had 16.8 MB before there was a page, 19.2 with teaching, 19.4 with kernels for
// more processors, and newer networks and other tasks may take 0.7 (they take 2.2, for which Prometheus's library has made room).
func TestProgramIsSmall(t *testing.T) {
	const most = 20_140_000
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
