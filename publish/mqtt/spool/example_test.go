package spool_test

import (
	"fmt"
	"os"
	"time"

	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// An event outlives the process that made it, until somebody has it for certain.
func Example() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	now := spool.Moment{Boot: "boot", Monotonic: time.Minute, Time: time.Unix(1_700_000_000, 0)}
	options := spool.Options{
		Dir: dir, MaxBytes: spool.MinBytes, MaxAge: time.Hour,
		Now: func() spool.Moment { return now }, Report: func(spool.Status) {},
	}

	s := spool.Open(options)
	if err := s.Put(spool.Record{Moment: now, Sequence: 1, Topic: "event", Payload: []byte("rings")}); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Close(); err != nil { // as a crash would, but for the sync
		fmt.Println(err)
		return
	}

	s = spool.Open(options)
	defer s.Close()
	<-s.Ready()
	id, record, ok := s.Next()
	fmt.Println(record.Topic, string(record.Payload), ok)
	s.Ack(id) // the broker has it
	fmt.Println(s.Status().Waiting, "waiting")
	// Output:
	// event rings true
	// 0 waiting
}
