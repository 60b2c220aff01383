package browser

import (
	"os"
	"runtime"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

// TestProgramIsSmall holds the program to its budget: it had 16.8 MB before there was a page, 19.2 with teaching, 19.4 with newer
// networks and other tasks, and clusters of brokers, fleets and bundles may take 0.6 (they take 0.5).
func TestProgramIsSmall(t *testing.T) {
	const most = 19_960_000
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
