package demo

import "time"

// former is somebody who has closed their account since.
const former = "nikhil_j"

// people live in the town. away is how long ago they were last here, unless they
// have written since.
var people = []struct {
	username, name string
	away           time.Duration
}{
	{"aarav", "Aarav K.", 3 * time.Minute},
	{"meera_k", "Meera Kulkarni", 2 * time.Minute},
	{"ahmed_m", "أحمد المنصوري", 20 * time.Minute},
	{"lin_jiahui", "林 佳慧", time.Hour},
	{"sunita_patil", "सुनीता पाटील", 2 * time.Hour},
	{"devansh", "Devansh", 9 * time.Hour},
	{"farah_s", "Farah Shaikh", 26 * time.Hour},
	{"thomas_v", "Thomas Varghese", 30 * time.Hour},
	{"kabir_anu", "Kabir & Anu", 4 * 24 * time.Hour},
	{"yuko", "ゆうこ", 5 * 24 * time.Hour},
	{"ritika_sen", "Ritika Sen", 6 * 24 * time.Hour},
	{former, "Nikhil Joshi", 8 * 24 * time.Hour},
	{"tamilselvi", "தமிழ்ச்செல்வி", 40 * time.Minute},
}
