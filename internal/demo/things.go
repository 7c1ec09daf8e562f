package demo

import (
	"time"

	"swapnest/internal/chat"
)

// thing is for sale in the town.
type thing struct {
	slug, seller, title string
	rupees              int64
	category, condition string
	status              chat.ListingStatus // "" is active
	city                string
	negotiable          bool
	hours               int // since it was offered
	pictures            []picture
	text                string
}

// listing returns the thing as it stands in the shop, checked by the shop's rules.
func (t thing) listing(seller chat.UserID, now time.Time) (chat.Listing, error) {
	d, err := chat.ListingDraft{
		Title: t.title, Description: t.text, Price: chat.Money{Amount: t.rupees * 100, Currency: "INR"},
		Category: t.category, Condition: t.condition, City: t.city, Negotiable: t.negotiable,
	}.Parse()
	if err != nil {
		return chat.Listing{}, err
	}
	l := chat.Listing{
		Slug: t.slug, Seller: chat.User{ID: seller}, Title: d.Title, Description: d.Description, Price: d.Price,
		Category: d.Category, Condition: chat.Condition(d.Condition), Status: t.status, City: d.City, Negotiable: d.Negotiable,
		CreatedAt: now.UTC().Add(-time.Duration(t.hours)*time.Hour - 7*time.Minute).Truncate(time.Millisecond),
	}
	l.PriceWas = reduced[t.slug] * 100
	// As many as the thing has stood there, more or less.
	for _, r := range t.slug {
		l.Views += int64(r) % 5
	}
	l.Views += int64(t.hours / 9)
	if l.Status == "" {
		l.Status = chat.ListingActive
	}
	for _, p := range t.pictures {
		l.Photos = append(l.Photos, p.photo())
	}
	return l, nil
}

// as is a drawing as it was drawn.
func as(names ...string) []picture {
	all := make([]picture, len(names))
	for i, name := range names {
		all[i] = picture{name: name}
	}
	return all
}

var things = []thing{
	{
		"hero-sprint-cycle", "meera_k", "Hero Sprint cycle, 21 gears", 8500, "cycles", "good", "", "Aundh, Pune", true, 13 * 24,
		as("bicycle", "bicycle-2", "bicycle-3", "bicycle-4"),
		"My daily ride to the institute for three years. New tyres in March, brakes done last month, all 21 gears shift cleanly.\n\nThere is one scratch on the frame, near the seat tube; see the second picture. The basket, the bell and a pump come with it. I am moving to a flat without a lift, so it has to go.",
	},
	{
		"rust-velvet-armchair", "aarav", "Rust velvet armchair, very soft", 6200, "furniture", "like_new", "", "Kothrud, Pune", true, 9 * 24,
		as("armchair"),
		"Bought eight months ago, hardly sat in: our cat prefers the floor. Solid sheesham legs, the cover zips off for washing. 82 cm wide, so measure your door. Third floor with a lift.",
	},
	{
		"olympus-om-1", "aarav", "Olympus OM-1 with 50 mm lens", 18900, "phones", "good", "", "Kothrud, Pune", true, 11 * 24,
		as("camera"),
		"35 mm film camera from 1976 with the f/1.8 lens. The meter works (with a hearing-aid battery), the light seals were replaced last year. A test roll from this summer can be seen when you come. Strap and cap included.",
	},
	{
		"brass-study-lamp", "aarav", "पीतल की पढ़ाई वाली लैंप", 1400, "furniture", "good", "", "Kothrud, Pune", false, 12 * 24,
		as("lamp"),
		"दादाजी की मेज़ की लैंप। पीतल के जोड़, वायरिंग नई है, बल्ब साथ में मिलेगा। थोड़ी पुरानी चमक है, जो मुझे अच्छी लगती है।\n\nBrass study lamp, rewired two years ago. The shade turns and stays where you put it.",
	},
	{
		"usha-sewing-machine-1968", "aarav", "Usha sewing machine from 1968, still sings", 4800, "furniture", "good", "", "Kothrud, Pune", true, 13 * 24,
		as("sewing"),
		"Hand-cranked, oiled every Diwali, straight stitch only and very proud of it. With the wooden case, six bobbins and the original booklet. Heavy: bring a friend or an auto.",
	},
	{
		"monstera-clay-pot", "farah_s", "Monstera in a clay pot", 700, "garden", "good", "", "Baner, Pune", false, 8 * 24,
		as("plant"),
		"Four big leaves and a fifth on its way. It wants a bright corner without noon sun and water once a week. The pot is from Kumbharwada.",
	},
	{
		"yamaha-f310-guitar", "kabir_anu", "Yamaha F310 guitar with bag", 5500, "music", "good", "", "Viman Nagar, Pune", true, 10 * 24,
		as("guitar"),
		"We bought it to learn together and now we have a baby instead. New strings, a padded bag, a capo and a tuner that clips on. One small dent on the back.",
	},
	{
		"headphones-cream", "tamilselvi", "Over-ear headphones, cream", 3250, "music", "like_new", "", "Wakad, Pune", true, 5 * 24,
		as("headphones"),
		"Noise cancelling, thirty hours on one charge, box and cable included. Used on four flights. I changed to small ones.",
	},
	{
		"pressure-cooker-5-litre", "sunita_patil", "Pressure cooker, 5 litre", 950, "kitchen", "good", "", "Hadapsar, Pune", false, 7 * 24,
		as("cooker"),
		"पाच लिटरचा कुकर, नवीन गॅस्केट आणि शिट्टी. घर लहान, माणसे कमी, म्हणून देत आहे.\n\nFive litres, a new gasket and whistle, the base is flat. From a kitchen without smoke.",
	},
	{
		"comics-trunk", "kabir_anu", "A trunk of old comics, more than 200", 3200, "books", "fair", "", "Viman Nagar, Pune", true, 13 * 24,
		[]picture{{name: "comics-trunk", base: "books", hue: 300, mirror: true, room: "moss"}},
		"Amar Chitra Katha, Tinkle and Champak from the eighties and nineties, in English, Hindi and Marathi. All in one tin trunk, which comes with them. No mould, some dust.",
	},
	{
		"forty-agatha-christies", "yuko", "Forty Agatha Christies", 1800, "books", "fair", "", "Karve Nagar, Pune", false, 13 * 24,
		as("books"),
		"Forty paperbacks, English, none twice. Some spines are tired and two smell of the monsoon. 全部まとめてお譲りします。Only together, please: they have got used to each other.",
	},
	{
		"kashmir-willow-bat", "devansh", "Kashmir willow bat and ball", 1150, "sport", "good", "", "Bibwewadi, Pune", true, 4 * 24,
		as("cricket"),
		"Full size, knocked in, one season of Sunday matches. The ball is new because the old one is on a roof.",
	},
	{
		"yellow-cabin-suitcase", "ritika_sen", "Yellow cabin suitcase", 2100, "sport", "like_new", chat.ListingSold, "Baner, Pune", false, 12 * 24,
		as("suitcase"),
		"Fits in every overhead locker I met. Four quiet wheels, a number lock, one scratch from Cochin.",
	},
	{
		"pixel-8a", "thomas_v", "Pixel 8a, two years old", 16000, "phones", "good", chat.ListingReserved, "Camp, Pune", true, 11 * 24,
		as("phone"),
		"128 GB, unlocked, always in a case. The battery lasts a day and a bit. With the box and a charger.",
	},
	{
		"bachchon-ki-cycle-20", "sunita_patil", "बच्चों की साइकिल, 20 इंच", 2600, "cycles", "good", "", "Hadapsar, Pune", true, 9 * 24,
		[]picture{{name: "bachchon-ki-cycle-20", base: "bicycle", hue: 160, mirror: true, room: "sand"}},
		"बेटी के लिए ली थी, अब वह बड़ी हो गई। सात से दस साल के बच्चों के लिए ठीक। ब्रेक और घंटी दोनों काम करते हैं, पीछे के टायर में एक पंक्चर बना हुआ है।",
	},
	{
		"hercules-roadeo", "ritika_sen", "Hercules Roadeo, needs a new chain", 3200, "cycles", "fair", "", "Baner, Pune", true, 6 * 24,
		[]picture{{name: "hercules-roadeo", base: "bicycle", hue: 260, room: "slate"}},
		"Strong frame, good wheels, and a chain that has seen too many monsoons. A shop in Aundh asked ₹450 for a new one.",
	},
	{
		"kursi-qiraa-azraq", "ahmed_m", "كرسي قراءة أزرق مع وسادة", 5400, "furniture", "good", "", "Camp, Pune", true, 3 * 24,
		[]picture{{name: "kursi-qiraa-azraq", base: "armchair", hue: 190, mirror: true, room: "sky"}},
		"كرسي مريح للقراءة، القماش نظيف والأرجل من الخشب الصلب. الوسادة هدية. يمكن رؤيته أي مساء بعد السادسة.\n\nBlue reading chair, clean cover, solid wooden legs. The cushion is a present.",
	},
	{
		"lvsirong-fushouyi", "lin_jiahui", "绿丝绒扶手椅和一盏台灯", 7000, "furniture", "like_new", "", "Koregaon Park, Pune", true, 2 * 24,
		[]picture{{name: "lvsirong-fushouyi", base: "armchair", hue: 95, beside: "lamp", room: "rose"}},
		"搬家出售。扶手椅只用了半年，没有宠物，没有烟味。台灯一起送。三楼有电梯，需要自己来取。\n\nGreen velvet armchair, half a year old; the lamp goes with it.",
	},
	{
		"iphone-se-2022", "meera_k", "iPhone SE (2022), battery at 88 %", 14500, "phones", "good", "", "Aundh, Pune", true, 5 * 24,
		[]picture{{name: "iphone-se-2022", base: "phone", hue: 120, mirror: true, room: "mint"}},
		"64 GB, midnight, no cracks. The home button still clicks the way it should. Reset and ready, with a cable and two cases.",
	},
	{
		"two-phones-for-parts", "devansh", "Two old phones, for parts", 900, "phones", "poor", "", "Bibwewadi, Pune", true, 10 * 24,
		[]picture{{name: "two-phones-for-parts", base: "phone", hue: 290, room: "clay"}},
		"One does not charge, the other does not stop vibrating. Both screens are fine. For somebody with a small screwdriver and patience.",
	},
	{
		"oyster-plant-blue-pot", "meera_k", "Purple oyster plant in a blue pot", 350, "garden", "new", "", "Aundh, Pune", false, 7 * 24,
		[]picture{{name: "oyster-plant-blue-pot", base: "plant", hue: 185, room: "sand"}},
		"A cutting of the one that covers my balcony. It grows whatever one does.",
	},
	{
		"heguilan-penzai", "lin_jiahui", "大叶盆栽，带行李箱一起送", 1200, "garden", "good", "", "Koregaon Park, Pune", true, 4 * 24,
		[]picture{{name: "heguilan-penzai", base: "plant", hue: 330, beside: "suitcase", room: "mint"}},
		"搬家带不走。植物两年了，很健康，每周浇一次水。旧行李箱的一个轮子坏了，谁需要就一起拿走。\n\nA big plant, two years old; the old suitcase is free with it.",
	},
	{
		"zhongwen-xiaoshuo", "lin_jiahui", "中文小说二十本", 1500, "books", "good", "", "Koregaon Park, Pune", false, 8 * 24,
		[]picture{{name: "zhongwen-xiaoshuo", base: "books", hue: 140, mirror: true, room: "lilac"}},
		"余华、张爱玲、金庸……都读过一遍，没有笔记。不单卖。\n\nTwenty Chinese novels, read once, without notes. Together only.",
	},
	{
		"class-11-physics", "farah_s", "Class 11 physics books, complete set", 600, "books", "fair", "", "Baner, Pune", true, 3 * 24,
		[]picture{{name: "class-11-physics", base: "books", hue: 230, room: "moss"}},
		"All the textbooks and two guides. There are pencil notes in the margins, and most of them are right.",
	},
	{
		"small-cooker-3-litre", "farah_s", "Small pressure cooker, 3 litre, two gaskets", 700, "kitchen", "good", "", "Baner, Pune", true, 6 * 24,
		[]picture{{name: "small-cooker-3-litre", base: "cooker", hue: 200, mirror: true, room: "clay"}},
		"Right for two people and a little dal for tomorrow. The second gasket is still in its bag.",
	},
	{
		"atsuryoku-nabe", "yuko", "圧力鍋とレシピ本のセット", 1600, "kitchen", "like_new", "", "Karve Nagar, Pune", true, 6 * 24,
		[]picture{{name: "atsuryoku-nabe", base: "cooker", hue: 40, beside: "books", room: "lilac"}},
		"圧力鍋（4リットル）と日本語のレシピ本三冊のセットです。鍋は一年ほど使いました。帰国するのでお譲りします。\n\nPressure cooker, 4 litre, and three Japanese cookery books.",
	},
	{
		"siruvar-cricket-mattai", "tamilselvi", "சிறுவர் கிரிக்கெட் மட்டை, அளவு 5", 650, "sport", "good", "", "Wakad, Pune", false, 2 * 24,
		[]picture{{name: "siruvar-cricket-mattai", base: "cricket", hue: 335, mirror: true, room: "sky"}},
		"என் மகன் இப்போது உயரமாகிவிட்டான். மட்டை நன்றாக இருக்கிறது, பந்து இலவசம்.\n\nJunior bat, size 5; the ball is free.",
	},
	{
		"classical-guitar", "thomas_v", "Classical guitar with nylon strings", 4200, "music", "good", "", "Camp, Pune", true, 5 * 24,
		[]picture{{name: "classical-guitar", base: "guitar", hue: 330, mirror: true, room: "rose"}},
		"A warm old thing from a shop in Kottayam. Low action, easy on the fingers. The case has a broken latch, tied with a very good knot.",
	},
	{
		"headphones-repaired", "devansh", "Headphones, one cup repaired", 800, "music", "fair", chat.ListingSold, "Bibwewadi, Pune", false, 9 * 24,
		[]picture{{name: "headphones-repaired", base: "headphones", hue: 180, mirror: true, room: "slate"}},
		"The left hinge broke and I printed a new one. It holds. The sound was never the problem.",
	},
	{
		"green-cabin-suitcase", "ahmed_m", "حقيبة سفر خضراء بعجلة جديدة", 1900, "sport", "good", "", "Camp, Pune", true, 7 * 24,
		[]picture{{name: "green-cabin-suitcase", base: "suitcase", hue: 80, mirror: true, room: "moss"}},
		"حقيبة مقصورة خفيفة، غُيّرت عجلة واحدة الشهر الماضي، والقفل يعمل.\n\nGreen cabin suitcase, one wheel replaced last month, the lock works.",
	},
	{
		"praktica-for-the-shelf", "thomas_v", "Praktica camera, for the shelf", 2200, "phones", "poor", chat.ListingInactive, "Camp, Pune", true, 13 * 24,
		[]picture{{name: "praktica-for-the-shelf", base: "camera", hue: 150, mirror: true, room: "sand"}},
		"The shutter sticks, but it looks wise. My father photographed three weddings with it.",
	},
	{
		"teal-desk-lamp", "ritika_sen", "Desk lamp, bends every way", 800, "furniture", "good", "", "Baner, Pune", true, 30,
		[]picture{{name: "teal-desk-lamp", base: "lamp", hue: 220, mirror: true, room: "lilac"}},
		"LED bulb included, warm light. The foot is heavy enough that it never fell, not even with a cat.",
	},
	{
		"sewing-machine-green-table", "sunita_patil", "शिलाई मशीन, हिरव्या टेबलासह", 3900, "furniture", "fair", chat.ListingSold, "Hadapsar, Pune", true, 12 * 24,
		[]picture{{name: "sewing-machine-green-table", base: "sewing", hue: 120, mirror: true, room: "rose"}},
		"आईची मशीन. चांगली चालते, फक्त पट्टा बदलावा लागेल. टेबल सोबत आहे.",
	},
	{
		"small-blue-cycle", "farah_s", "Small blue cycle with a dinosaur bell", 1400, "cycles", "fair", "", "Baner, Pune", true, 50,
		[]picture{{name: "small-blue-cycle", base: "bicycle", hue: 40, mirror: true, room: "sky"}, {name: "small-blue-cycle-2", base: "bicycle-2", hue: 40, room: "sky"}},
		"Outgrown in one summer. The brake brakes, the bell is a dinosaur, and the basket has carried a cat, once.",
	},
	{
		"reading-lamp-pair", "ritika_sen", "Two reading lamps, one shade", 1100, "furniture", "fair", "", "Baner, Pune", true, 70,
		[]picture{{name: "reading-lamp-pair", base: "lamp", hue: 300, beside: "lamp", room: "moss"}},
		"One has its shade, the other waits for yours. Both with new plugs.",
	},
	{
		"nokia-3310-kept", "thomas_v", "A phone that only phones", 750, "phones", "good", "", "Camp, Pune", false, 90,
		[]picture{{name: "nokia-3310-kept", base: "phone", hue: 60, room: "slate"}},
		"It fell down two flights of stairs and the stairs needed repair. Battery for a week.",
	},
	{
		"steel-cooker-red-lid", "sunita_patil", "लाल झाकणाचा स्टील कुकर", 850, "kitchen", "like_new", "", "Hadapsar, Pune", false, 20,
		[]picture{{name: "steel-cooker-red-lid", base: "cooker", hue: 340, room: "sand"}, {name: "steel-cooker-red-lid-2", base: "cooker", hue: 340, mirror: true, room: "sand"}},
		"लग्नात दोन मिळाले, एक पुरे. शिट्टी जोरात वाजते.\n\nWe were given two at the wedding, and one is enough. The whistle is loud.",
	},
	{
		"tamil-ponniyin-selvan", "tamilselvi", "பொன்னியின் செல்வன், ஐந்து பாகங்கள்", 1250, "books", "good", "", "Wakad, Pune", true, 60,
		[]picture{{name: "tamil-ponniyin-selvan", base: "books", hue: 20, room: "clay"}},
		"கல்கியின் நாவல், ஐந்து பாகங்களும். இரண்டு முறை படித்தது, மூன்றாவது முறைக்கு இடம் இல்லை.\n\nAll five parts of Kalki's novel, read twice.",
	},
	{
		"street-cricket-bat", "devansh", "Street cricket bat, with its scars", 550, "sport", "fair", "", "Bibwewadi, Pune", true, 36,
		[]picture{{name: "street-cricket-bat", base: "cricket", hue: 200, mirror: true, room: "mint"}, {name: "street-cricket-bat-2", base: "cricket", hue: 200, room: "mint"}},
		"Light, and right for a tennis ball. The street next door became a car park, so it looks for a new one.",
	},
	{
		"guitar-with-headphones", "kabir_anu", "Travel guitar, and headphones for the neighbours", 4900, "music", "good", chat.ListingReserved, "Viman Nagar, Pune", true, 44,
		[]picture{{name: "guitar-with-headphones", base: "guitar", hue: 140, beside: "headphones", room: "lilac"}},
		"Short neck, new strings, fits in the overhead locker. One peg is shy in winter.",
	},
	{
		"curry-leaf-sapling", "meera_k", "Curry leaf sapling, knee high", 150, "garden", "new", "", "Aundh, Pune", false, 10,
		[]picture{{name: "curry-leaf-sapling", base: "plant", hue: 60, mirror: true, room: "rose"}},
		"From my mother's tree. It wants sun, and to be asked before one picks.",
	},
}

// reduced are the things that were dearer before, in rupees.
var reduced = map[string]int64{
	"hero-sprint-cycle": 9200, "olympus-om-1": 21000, "iphone-se-2022": 15500, "yamaha-f310-guitar": 6000, "comics-trunk": 3500,
}

// wishes are things that people had saved before they became cheaper, or were sold.
var wishes = []struct{ who, slug string }{
	{"aarav", "yamaha-f310-guitar"},
	{"aarav", "headphones-repaired"},
	{"meera_k", "yellow-cabin-suitcase"},
}
