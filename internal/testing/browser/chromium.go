// Package browser drives a real Chromium through the page, as a person with a mouse, a finger, or a keyboard alone would, and
// looks for what such a person may stumble over.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// patience is how long a tab waits for what it is told to wait for.
const patience = time.Minute

// Browser is a Chromium without a window.
type Browser struct{ ctx context.Context }

// Start starts Chromium, and stops it when the test ends. names says what address a name has, as --host-resolver-rules wants
// it: "MAP pi.local 127.0.0.1". Without Chromium the test is skipped; where CI=true it fails instead.
func Start(t testing.TB, names string) *Browser {
	t.Helper()
	program := findProgram(t, "chromium", "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
	)
	if names != "" {
		options = append(options, chromedp.Flag("host-resolver-rules", names))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &Browser{ctx}
}

// findProgram finds a program by one of its names; debian is the package that has it. Without it the test is skipped; where
// CI=true it fails instead.
func findProgram(t testing.TB, debian string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, names[0]+" is not installed (Debian: apt install "+debian+")")
	return ""
}

// missing skips the test for want of what is named; where CI=true it fails instead.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what + ", and CI must not skip")
	}
	t.Skip(what)
}

// kept is a file in build/web-test, which outlives the test.
func kept(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(shared.Root(t), "build", "web-test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}
