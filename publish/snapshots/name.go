package snapshots

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

const (
	dayFormat  = "2006-01-02"
	timeFormat = "150405.000"
	unsynced   = "unsynced-"
	suffix     = ".jpg"
	part       = ".part" // ends the name of a picture that is being written
	maxSlug    = 40      // bytes
)

// These are the names of ours: of pictures, whole or not, and of the folders of days.
var (
	pictureName  = regexp.MustCompile(`^([0-9]{6}\.[0-9]{3})(-[a-z0-9-]{1,40})?-[0-9]{1,20}\.jpg$`)
	unsyncedName = regexp.MustCompile(`^unsynced-[a-z0-9-]{1,40}$`)
)

// dayOf is the name of the folder that a picture belongs into.
func dayOf(t time.Time, synced bool, boot string) string {
	if synced {
		return t.UTC().Format(dayFormat)
	}
	return unsynced + cmp.Or(slug(boot), "boot")
}

// fileOf is the name of a picture.
func fileOf(s *publish.Snapshot) string {
	label := slug(s.Label)
	if label != "" {
		label = "-" + label
	}
	return fmt.Sprintf("%s%s-%d%s", s.Time.UTC().Format(timeFormat), label, s.Sequence, suffix)
}

// slug is s with nothing but small letters, digits and single dashes between them.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// isDay tells whether a folder's name is one of ours, and when that day began; the zero time if nobody knows.
func isDay(name string) (begin time.Time, ok bool) {
	if unsyncedName.MatchString(name) {
		return time.Time{}, true
	}
	begin, err := time.Parse(dayFormat, name)
	return begin, err == nil && begin.Format(dayFormat) == name
}

// isPicture tells whether a file's name is one of ours, and how long after its day began the picture was taken.
func isPicture(name string) (after time.Duration, ok bool) {
	m := pictureName.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	t, err := time.Parse(timeFormat, m[1])
	if err != nil {
		return 0, false
	}
	return t.Sub(t.Truncate(24 * time.Hour)), true
}

// idOf is the ID of a picture: drive.2026-03-14.152653.589-dog-1042.
func idOf(camera, day, name string) string {
	return camera + "." + day + "." + strings.TrimSuffix(name, suffix)
}

// parseID is what idOf made an ID of. Nothing but names of ours comes out of it, and a camera that need not be there.
func parseID(id string) (camera, day, name string, ok bool) {
	part := strings.Split(id, ".")
	n := len(part) - 3
	if n < 1 {
		return "", "", "", false
	}
	camera, day, name = strings.Join(part[:n], "."), part[n], part[n+1]+"."+part[n+2]+suffix
	_, ours := isDay(day)
	_, ok = isPicture(name)
	return camera, day, name, ok && ours
}

// labelIn is the label in the name of a picture.
func labelIn(name string) string {
	m := pictureName.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	return strings.Trim(m[2], "-")
}
