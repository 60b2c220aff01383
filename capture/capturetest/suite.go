// Package capturetest holds what tests of cameras share: [Source], the suite that every capture.Source passes, and
// [Fake], a source that plays a script.
package capturetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/capture"
)

// Soon is how long a source may take to notice that its context has ended or that it was closed.
const Soon = 2 * time.Second

// patience is how long the suite waits for one frame.
const patience = 10 * time.Second

// Source holds the source that open returns to the contract of capture.Source. It calls open anew for each subtest, with
// that subtest's t, and closes what it gets; the source must have no end and no bad frames. Set-up of open's own, such
// as a server, belongs in t.Cleanup: the suite looks for leaked goroutines after that.
func Source(t *testing.T, open func(t *testing.T) capture.Source) {
	t.Helper()
	tests := []struct {
		name string
		test func(*testing.T, capture.Source)
	}{
		{"Fields", testFields},
		{"Memory", testMemory},
		{"Cancel", testCancel},
		{"CloseDuringRead", testCloseDuringRead},
		{"CloseTwice", testCloseTwice},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			src := open(t)
			t.Cleanup(func() {
				if err := src.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			tt.test(t, src)
		})
	}
}

// read reads one frame, which must come.
func read(t *testing.T, src capture.Source, f *capture.Frame) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := src.Read(ctx, f); err != nil {
		t.Fatalf("Read: %v", err)
	}
}

// testFields: every field is set, numbers and times grow, Format tells the truth.
func testFields(t *testing.T, src capture.Source) {
	var last capture.Frame
	for i := range 4 {
		before := time.Now()
		f := capture.Frame{Name: "left over", Sequence: 1 << 40}
		read(t, src, &f)
		if err := f.Check(); err != nil {
			t.Errorf("frame %d: %v", i, err)
		}
		if i == 0 && f.Sequence != 1 {
			t.Errorf("the first frame has sequence %d, want 1", f.Sequence)
		}
		if f.Sequence <= last.Sequence {
			t.Errorf("sequence %d after %d", f.Sequence, last.Sequence)
		}
		if f.Time.Before(last.Time) || f.Time.After(time.Now()) || f.Time.Before(before.Add(-patience)) {
			t.Errorf("frame %d has time %v, read at %v, the one before has %v", i, f.Time, before, last.Time)
		}
		if f.Time == f.Time.Round(0) {
			t.Errorf("frame %d: time has no monotonic reading", i)
		}
		if f.Name == "left over" {
			t.Errorf("frame %d: Name was not set", i)
		}
		if got := src.Format(); got != f.Format {
			t.Errorf("Format = %v, but frame %d is %v", got, i, f.Format)
		}
		last = f
	}
}

// testMemory: what the caller got stays as it is, and what the caller does to it reaches nobody.
func testMemory(t *testing.T, src capture.Source) {
	var kept, f capture.Frame
	read(t, src, &kept)
	want := slices.Clone(kept.Pix)
	for range 3 {
		read(t, src, &f)
		if &f.Pix[0] == &kept.Pix[0] {
			t.Fatal("two frames share memory")
		}
		clear(f.Pix[:cap(f.Pix)])
	}
	if !slices.Equal(kept.Pix, want) {
		t.Error("a frame changed after it was read")
	}
	// A buffer that has room is used again.
	f.Pix = make([]byte, 0, 4*len(want)+1<<20)
	room := &f.Pix[:1][0]
	read(t, src, &f)
	if &f.Pix[0] != room {
		t.Error("Read did not use the caller's buffer, which was large enough")
	}
	if err := f.Check(); err != nil {
		t.Errorf("a frame after the caller cleared the last one: %v", err)
	}
}

// testCancel: Read ends soon after its context, with the context's error, and the source is still good.
func testCancel(t *testing.T, src capture.Source) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var f capture.Frame
	if err := within(t, "Read with an ended context", func() error { return src.Read(ctx, &f) }); !errors.Is(err, context.Canceled) {
		t.Errorf("Read with an ended context: %v, want context.Canceled", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	timer := time.AfterFunc(20*time.Millisecond, cancel)
	defer timer.Stop()
	err := within(t, "Read after cancel", func() error { return readUntilError(ctx, src) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Read during cancel: %v, want context.Canceled", err)
	}
	read(t, src, &f)
}

// testCloseDuringRead: Close ends a Read that another goroutine is in, and returns.
func testCloseDuringRead(t *testing.T, src capture.Source) {
	var f capture.Frame
	read(t, src, &f)
	ended := make(chan error, 1)
	go func() { ended <- readUntilError(context.Background(), src) }()
	timer := time.AfterFunc(20*time.Millisecond, func() {
		if err := src.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	defer timer.Stop()
	if err := within(t, "Read after Close", func() error { return <-ended }); err == nil {
		t.Error("Read after Close: no error")
	}
}

// testCloseTwice: later calls of Close do nothing, and Read then says that the source is closed.
func testCloseTwice(t *testing.T, src capture.Source) {
	for range 2 {
		if err := within(t, "Close", src.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	var f capture.Frame
	err := within(t, "Read after Close", func() error { return src.Read(t.Context(), &f) })
	if err == nil || errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("Read after Close: %v, want an error that ends reading", err)
	}
}

// readUntilError reads frames as a pipeline does: it goes on after a bad frame.
func readUntilError(ctx context.Context, src capture.Source) error {
	var f capture.Frame
	for {
		if err := src.Read(ctx, &f); err != nil && !errors.Is(err, capture.ErrBadFrame) {
			return err
		}
	}
}

// within runs call and fails the test if it has not returned Soon after.
func within(t *testing.T, what string, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	timer := time.NewTimer(Soon + 20*time.Millisecond)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		t.Fatalf("%s: still busy after %v", what, Soon)
		return nil
	}
}
