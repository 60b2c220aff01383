package model

import (
	"errors"
	"fmt"
)

// Attachment is a file of the archive behind a model.
type Attachment struct {
	Name string
	Data []byte
}

// Attachments unpacks the files of the archive behind a model, data being the bytes of both; nil: there is none. What cannot be
// read is left out, and the error, which may come with the rest, says all of it. Work and memory are bounded: at most 4 MiB of
// a file and 32 MiB of all are unpacked. Nothing of data is kept.
func Attachments(data []byte) (files []Attachment, err error) {
	const most = 32 << 20
	r, err := openArchive(data)
	if err != nil {
		return nil, fmt.Errorf("the archive behind it is damaged: %w", err)
	}
	if r == nil {
		return nil, nil
	}
	seen, size := map[string]bool{}, 0
	for _, f := range r.File {
		if !sensible(f.Name) || seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		content, bad := unpack(f)
		if size += len(content); bad == nil && size > most {
			bad = fmt.Errorf("all of them have more than %d bytes", most)
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%q in the archive behind it cannot be read: %w", clean(f.Name), bad))
			continue
		}
		files = append(files, Attachment{f.Name, content})
	}
	return files, err
}
