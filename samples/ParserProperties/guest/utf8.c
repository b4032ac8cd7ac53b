// The native code under test: a parser of UTF-8, and a function with a mistake.
#include <kvmactors.h>

// How many characters there are, or -1 where it is no UTF-8.
KVMACTORS_FUNCTION(count_runes, "i(B)")
{
    struct kvmactors_bytes text = kvmactors_get_bytes(call);
    int32_t count = 0;

    for (uint64_t at = 0; at < text.length; count++) {
        unsigned char first = text.data[at++];
        int more = first < 0x80 ? 0 : first >= 0xC2 && first < 0xE0 ? 1 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xF0 && first < 0xF5 ? 3 : -1;
        uint32_t rune = more <= 0 ? first : first & (0x3F >> more);

        if (more < 0 || text.length - at < (uint64_t)more) {
            kvmactors_return_i32(call, -1);
            return;
        }
        for (int i = 0; i < more; i++) {
            if ((text.data[at] & 0xC0) != 0x80) {
                kvmactors_return_i32(call, -1);
                return;
            }
            rune = rune << 6 | (text.data[at++] & 0x3F);
        }
        if ((more == 2 && rune < 0x800) || (more == 3 && rune < 0x10000) || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) {
            kvmactors_return_i32(call, -1);
            return;
        }
    }
    kvmactors_return_i32(call, count);
}

// The mean length of words, which no text without a word has.
KVMACTORS_FUNCTION(mean_word, "i(s)")
{
    struct kvmactors_text text = kvmactors_get_text(call);
    volatile int32_t words = 0, letters = 0;

    for (uint64_t i = 0; i < text.length; i++) {
        if (text.data[i] != ' ') {
            letters++;
            words += i == 0 || text.data[i - 1] == ' ';
        }
    }
    kvmactors_return_i32(call, letters / words);
}

int main(void) { return -kvmactors_serve(); }
