package service

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/snapshots"
	"github.com/inceptiond/inceptiond/publish/web"
)

var _ web.Album = (*Service)(nil)

// albumsNow are those of the plan in force.
func (s *Service) albumsNow() map[string]snapshots.Limits {
	v := s.inForce.Load()
	if v == nil {
		return nil
	}
	return albums(v.plan)
}

// KeptPictures are pictures on the disk, newest first; see [web.Album].
func (s *Service) KeptPictures(ctx context.Context, camera, before string) iter.Seq2[web.Kept, error] {
	wanted := s.albumsNow()
	if camera != "" {
		limits, kept := wanted[camera]
		if wanted = nil; kept {
			wanted = map[string]snapshots.Limits{camera: limits}
		}
	}
	return func(yield func(web.Kept, error) bool) {
		for p, err := range snapshots.Newest(ctx, wanted, before) {
			if !yield(web.Kept(p), orNone(err)) {
				return
			}
		}
	}
}

// KeptID is the ID of a picture that the keeper takes; see [web.Album].
func (s *Service) KeptID(p *publish.Snapshot) string {
	v := s.inForce.Load()
	if v == nil || !p.Disk {
		return ""
	}
	if made := v.plan.Cameras[p.Camera].Snapshot; made == nil || made.Disk == nil {
		return ""
	}
	return snapshots.IDOf(p, s.clock.BootID())
}

// FindKept is a picture on the disk; see [web.Album].
func (s *Service) FindKept(id string) (web.Kept, bool) {
	p, ok := snapshots.Find(s.albumsNow(), id)
	return web.Kept(p), ok
}

// ReadKept reads a picture from the disk; see [web.Album].
func (s *Service) ReadKept(id string) ([]byte, error) {
	jpeg, err := snapshots.Read(s.albumsNow(), id)
	return jpeg, orNone(err)
}

// orNone is err as the page knows it.
func orNone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return errors.Join(web.ErrNone, err)
	}
	return err
}
