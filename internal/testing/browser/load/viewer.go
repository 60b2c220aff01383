// Package load holds many viewers against the page, and people who mean it ill.
package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// pace is how often a page pulls, at most.
const pace = 200 * time.Millisecond

// Crowd is people who open the page now and then.
type Crowd struct{ people []*viewer }

// NewCrowd is n people who are signed in as client is, each at an address of its own.
func NewCrowd(page string, client *http.Client, n int) *Crowd {
	c := new(Crowd)
	for i := range n {
		c.people = append(c.people, &viewer{
			page: page, client: &http.Client{Jar: client.Jar, Timeout: 30 * time.Second, Transport: from(20 + i)}, known: make(map[string]uint64),
		})
	}
	return c
}

// Viewers pull as the page does.
type Viewers struct {
	stop context.CancelFunc
	all  sync.WaitGroup

	mu       sync.Mutex
	pictures int             // that were fetched
	distinct map[uint64]bool // sequences among them
	faults   []error
}

// View has the crowd look, until the viewers are stopped.
func (c *Crowd) View() *Viewers {
	ctx, stop := context.WithCancel(context.Background())
	v := &Viewers{stop: stop, distinct: make(map[uint64]bool)}
	for _, one := range c.people {
		v.all.Go(func() { v.watch(ctx, one) })
	}
	return v
}

// from connects from the address 127.0.0.n.
func from(n int) *http.Transport {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(n))}}
	return &http.Transport{DialContext: dialer.DialContext}
}

// Stop ends the viewers, and says how many pictures they have fetched, how many of them were not the same, and what went wrong.
func (v *Viewers) Stop() (pictures, distinct int, faults []error) {
	v.stop()
	v.all.Wait()
	return v.pictures, len(v.distinct), v.faults
}

func (v *Viewers) watch(ctx context.Context, one *viewer) {
	defer one.client.CloseIdleConnections()
	for ctx.Err() == nil {
		began := time.Now()
		sequences, err := one.pull(ctx)
		v.mu.Lock()
		if err != nil && ctx.Err() == nil {
			v.faults = append(v.faults, err)
		}
		v.pictures += len(sequences)
		for _, n := range sequences {
			v.distinct[n] = true
		}
		v.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(pace - time.Since(began)):
		}
	}
}

type viewer struct {
	page   string
	client *http.Client
	cursor string
	known  map[string]uint64 // the newest picture of each camera
}

// pull asks what is new, and gets the pictures that are.
func (v *viewer) pull(ctx context.Context) (sequences []uint64, err error) {
	data, _, err := v.get(ctx, "api/v1/live?after="+url.QueryEscape(v.cursor))
	if err != nil {
		return nil, err
	}
	var live struct {
		Cursor  string
		Cameras []struct {
			Name    string
			Picture *struct {
				Camera   string
				Sequence uint64
			}
		}
	}
	if err := json.Unmarshal(data, &live); err != nil {
		return nil, err
	}
	v.cursor = live.Cursor
	for _, c := range live.Cameras {
		if c.Picture == nil || v.known[c.Picture.Camera] == c.Picture.Sequence {
			continue
		}
		v.known[c.Picture.Camera] = c.Picture.Sequence
		_, sequence, err := v.get(ctx, fmt.Sprintf("api/v1/cameras/%s/picture.jpg?sequence=%d", url.PathEscape(c.Picture.Camera), c.Picture.Sequence))
		if err != nil {
			return sequences, err
		}
		sequences = append(sequences, sequence)
	}
	return sequences, nil
}

// get is the body of an answer, and the picture that it is of.
func (v *viewer) get(ctx context.Context, path string) (data []byte, sequence uint64, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.page+path, nil)
	if err != nil {
		return nil, 0, err
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	if data, err = io.ReadAll(answer.Body); err != nil {
		return nil, 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%s: %s %s", path, answer.Status, data)
	}
	fmt.Sscan(answer.Header.Get("Inceptiond-Sequence"), &sequence)
	return data, sequence, nil
}
