package webtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Bundle implements web.Bundler.
func (d *Daemon) Bundle(ctx context.Context, wish web.BundleWish, tell func(string)) (*bundle.Bundle, error) {
	switch {
	case wish.Frames < 0:
		return nil, fmt.Errorf("%d frames of a camera (want 0 to 1000)", wish.Frames)
	case d.state == Error:
		return nil, errors.New("memory is short: 12 MiB are free")
	}
	for _, doing := range []string{"taking frames", "checking the machine"} {
		tell(doing)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	b := bundle.New(bundle.Manifest{Created: time.Now(), Device: device, Version: "test"})
	err := b.Add(bundle.ConfigName, "the config in force, without secrets and comments", []byte("device: "+device+"\n"))
	for _, f := range wish.Files() {
		err = errors.Join(err, b.Add(f.Name, f.About, f.Data))
	}
	for i := range wish.Frames {
		about := fmt.Sprintf("frame %d of camera %s: GREY, 64x48, as the model's look saw it", i+1, Drive)
		err = errors.Join(err, b.Add(bundle.FrameName(Drive, i+1, "grey"), about, make([]byte, 64*48)))
	}
	b.Leave("models: their names and hashes are in manifest.json, they themselves are not")
	if wish.Frames == 0 {
		b.Leave("frames: nobody asked for them")
	}
	return b, err
}
