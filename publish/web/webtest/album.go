package webtest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// KeptPictures is how many pictures of yesterday the disk has in the state Full.
const KeptPictures = 60

// album are the pictures on the disk, newest first: of drive, and every third of gate. The last one is of a boot without a clock.
func (d *Daemon) album() (list []web.Kept) {
	if d.state != Full {
		return nil
	}
	labels, newest := demo.Labels(), time.Date(2026, 3, 14, 15, 26, 53, 589e6, time.UTC)
	for i := range KeptPictures {
		k := web.Kept{Camera: Drive, Label: strings.ReplaceAll(labels[i%len(labels)], " ", "-"), Time: newest.Add(-time.Duration(i) * 7 * time.Minute), Synced: i < KeptPictures-1}
		if i%3 == 2 {
			k.Camera = Gate
		}
		k.ID = keptID(k.Camera, k.Time)
		list = append(list, k)
	}
	return list
}

func keptID(camera string, t time.Time) string { return fmt.Sprintf("%s.%d", camera, t.UnixMilli()) }

// KeptPictures implements web.Album.
func (d *Daemon) KeptPictures(ctx context.Context, camera, before string) iter.Seq2[web.Kept, error] {
	return func(yield func(web.Kept, error) bool) {
		list := d.album()
		if before != "" {
			at := slices.IndexFunc(list, func(k web.Kept) bool { return k.ID == before })
			if at < 0 {
				yield(web.Kept{}, web.ErrNone)
				return
			}
			list = list[at+1:]
		}
		for _, k := range list {
			if (camera == "" || k.Camera == camera) && (ctx.Err() != nil || !yield(k, nil)) {
				return
			}
		}
	}
}

// KeptID implements web.Album: what is played now is not kept.
func (d *Daemon) KeptID(*publish.Snapshot) string { return "" }

// FindKept implements web.Album.
func (d *Daemon) FindKept(id string) (web.Kept, bool) {
	for _, k := range d.album() {
		if k.ID == id {
			return k, true
		}
	}
	return web.Kept{}, false
}

// ReadKept implements web.Album.
func (d *Daemon) ReadKept(id string) ([]byte, error) {
	list := d.album()
	at := slices.IndexFunc(list, func(k web.Kept) bool { return k.ID == id })
	if at < 0 {
		return nil, web.ErrNone
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &capture.Frame{}
	demo.Draw(d.rng, at%len(demo.Labels()), 640, 480, f)
	return snapshot(picture.Of(f)), nil
}

// snapshot is the JPEG of a scene.
func snapshot(p *picture.Picture) []byte {
	encoder, err := picture.NewEncoder(picture.EncoderOptions{MaxWidth: 320, Quality: 75})
	if err != nil {
		panic(err) // these options are possible
	}
	jpeg, err := encoder.Encode(p)
	if err != nil {
		panic(err) // a scene is a whole frame
	}
	return jpeg
}
