package demo

import (
	"time"

	"swapnest/internal/chat"
)

// former is somebody who has closed their account since.
const former = "nikhil_j"

// addresses is the end of everybody's e-mail address, in a domain that is kept for examples (RFC
// 2606) and takes no mail. What is sent to people of the demo stays on this machine or is not sent.
const addresses = "@example.org"

// people live in the town. away is how long ago they were last here, unless they
// have written since.
var people = []struct {
	username, name string
	away           time.Duration
	city, about    string
}{
	{"aarav", "Aarav K.", 3 * time.Minute, "Kothrud, Pune", "Engineer on weekdays, cook on Sundays. I answer after dinner."},
	{"meera_k", "Meera Kulkarni", 2 * time.Minute, "Aundh, Pune", "I am moving to a smaller flat, one thing at a time. Come and look, tea is ready.\n\nसायकल पाहायला या, चहा पक्का!"},
	{"ahmed_m", "أحمد المنصوري", 20 * time.Minute, "Camp, Pune", "أعيش في بونه منذ ثلاث سنوات. I read more than I sit."},
	{"lin_jiahui", "林 佳慧", time.Hour, "Koregaon Park, Pune", "搬家中，东西都很干净。"},
	{"sunita_patil", "सुनीता पाटील", 2 * time.Hour, "Hadapsar, Pune", "घर लहान, मन मोठे."},
	{"devansh", "Devansh", 9 * time.Hour, "Bibwewadi, Pune", "I repair what others throw away."},
	{"farah_s", "Farah Shaikh", 26 * time.Hour, "Baner, Pune", "Plants, books and a kitchen without a lift."},
	{"thomas_v", "Thomas Varghese", 30 * time.Hour, "Camp, Pune", "Old things with a story, at a price without one."},
	{"kabir_anu", "Kabir & Anu", 4 * 24 * time.Hour, "Viman Nagar, Pune", "Two people, one baby, no more room."},
	{"yuko", "ゆうこ", 5 * 24 * time.Hour, "Karve Nagar, Pune", "来年帰国します。本を大切にしてくださる方へ。"},
	{"ritika_sen", "Ritika Sen", 6 * 24 * time.Hour, "Baner, Pune", ""},
	{former, "Nikhil Joshi", 8 * 24 * time.Hour, "", ""},
	{"tamilselvi", "தமிழ்ச்செல்வி", 40 * time.Minute, "Wakad, Pune", "வணக்கம்! பதில் சொல்ல ஒரு மணி நேரம் ஆகலாம்."},
}

// saved is what sellers write often.
var saved = []struct {
	who string
	chat.SavedReply
}{
	{"meera_k", chat.SavedReply{Title: "Where to come", Text: "Hi {name}, you can see {title} in Aundh, near the post office, any day after six. Tea is ready."}},
	{"meera_k", chat.SavedReply{Title: "The price stands", Text: "Thank you, {name}. I have thought about the price of {title} for long, and it stays as it is."}},
	{"meera_k", chat.SavedReply{Title: "पत्ता", Text: "नमस्कार {name}, औंधमध्ये पोस्ट ऑफिसजवळ या. निघताना इथेच लिहा 🙏"}},
	{"meera_k", chat.SavedReply{Text: "Yes, it is still here."}},
}
