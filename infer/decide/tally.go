package decide

// Seen is one thing that a frame shows.
type Seen struct {
	Label string
	Score float32 // 0 to 1
}
