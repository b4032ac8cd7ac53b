// kvmactors.h for C++20: a function's signature is that of the function.
//
//     #include <kvmactors.hpp>
//
//     int score(std::span<const std::byte> payload);
//     KVMACTORS_EXPORT(score)
//
//     static kvmactors::host_function<int(std::string_view)> query{"Query"};     // int n = query("key");
//
//     int main() { return kvmactors_serve(); }
//
// Types: bool, integers, float, double, enumerations, std::string_view and std::string, std::span<const std::byte> and std::vector<std::byte>,
// and trivially copyable structures. An exception that a function throws is an error for its caller, with what() as its message; what a host's
// function answers with an error is thrown as kvmactors::error. Views and spans of arguments end with the function.
#ifndef KVMACTORS_HPP
#define KVMACTORS_HPP

#include "kvmactors.h"

#include <array>
#include <cstddef>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kvmactors {

class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

// A text that is made while the program is compiled.
template <std::size_t Size> struct text {
    std::array<char, Size + 1> chars{};

    constexpr const char *c_str() const { return chars.data(); }
};

template <std::size_t... Sizes> constexpr auto join(const text<Sizes> &...parts)
{
    text<(Sizes + ... + 0)> all;
    std::size_t at = 0;
    auto add = [&](const auto &part, std::size_t size) {
        for (std::size_t i = 0; i < size; i++)
            all.chars[at++] = part.chars[i];
    };

    (add(parts, Sizes), ...);
    return all;
}

constexpr text<1> letter(char value)
{
    text<1> made;

    made.chars[0] = value;
    return made;
}

constexpr std::size_t digits(std::size_t value) { return value < 10 ? 1 : 1 + digits(value / 10); }

template <std::size_t Value> constexpr auto number()
{
    text<digits(Value)> made;
    std::size_t rest = Value;

    for (std::size_t i = digits(Value); i-- > 0; rest /= 10)
        made.chars[i] = static_cast<char>('0' + rest % 10);
    return made;
}

template <class T> inline constexpr bool is_text = std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>;
template <class T> inline constexpr bool is_block = std::is_same_v<T, std::span<const std::byte>> || std::is_same_v<T, std::vector<std::byte>>;

template <class T> constexpr auto code()
{
    if constexpr (std::is_void_v<T>)
        return letter('v');
    else if constexpr (std::is_enum_v<T>)
        return code<std::underlying_type_t<T>>();
    else if constexpr (std::is_same_v<T, bool>)
        return letter('b');
    else if constexpr (std::is_same_v<T, float>)
        return letter('f');
    else if constexpr (std::is_same_v<T, double>)
        return letter('d');
    else if constexpr (std::is_integral_v<T>)
        return letter("cynqiuxt"[(sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 2 : sizeof(T) == 4 ? 4 : 6) + (std::is_unsigned_v<T> ? 1 : 0)]);
    else if constexpr (is_text<T>)
        return letter('s');
    else if constexpr (is_block<T>)
        return letter('B');
    else {
        static_assert(std::is_trivially_copyable_v<T>, "only numbers, texts, blocks of bytes and trivially copyable structures travel");
        return join(letter('S'), number<sizeof(T)>(), letter(';'));
    }
}

template <class Result, class... Arguments> inline constexpr auto signature =
    join(code<Result>(), letter('('), code<std::remove_cvref_t<Arguments>>()..., letter(')'));

template <class T> T get(kvmactors_call *call)
{
    if constexpr (std::is_same_v<T, float>)
        return kvmactors_get_float(call);
    else if constexpr (std::is_same_v<T, double>)
        return kvmactors_get_double(call);
    else if constexpr (std::is_same_v<T, bool>)
        return kvmactors_get_bool(call) != 0;
    else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
        return static_cast<T>(kvmactors_get_u64(call));
    else if constexpr (is_text<T>) {
        kvmactors_text found = kvmactors_get_text(call);
        return T(found.data, found.length);
    } else if constexpr (is_block<T>) {
        kvmactors_bytes found = kvmactors_get_bytes(call);
        const std::byte *data = reinterpret_cast<const std::byte *>(found.data);
        return T(data, data + found.length);
    } else {
        T value{};
        kvmactors_get_struct(call, &value, sizeof(value));
        return value;
    }
}

template <class T> void put(kvmactors_call *call, const T &value)
{
    if constexpr (std::is_same_v<T, float>)
        kvmactors_put_float(call, value);
    else if constexpr (std::is_same_v<T, double>)
        kvmactors_put_double(call, value);
    else if constexpr (std::is_same_v<T, bool>)
        kvmactors_put_bool(call, value);
    else if constexpr (std::is_enum_v<T>)
        put(call, static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (std::is_integral_v<T>)
        kvmactors_put_u64(call, static_cast<uint64_t>(static_cast<std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>(value)));
    else if constexpr (is_text<T>) {
        static const char end = 0;
        kvmactors_put_u64(call, value.size());
        if (unsigned char *made = kvmactors_make(call, value.size() + 1)) {
            kvmactors_copy(made, value.data(), value.size());
            kvmactors_copy(made + value.size(), &end, 1);
        }
    } else if constexpr (is_block<T>)
        kvmactors_put_bytes(call, value.data(), value.size());
    else
        kvmactors_put_struct(call, &value, sizeof(value));
}

template <auto Function> struct exported;

template <class Result, class... Arguments, Result (*Function)(Arguments...)> struct exported<Function> {
    static constexpr const char *types() { return signature<Result, Arguments...>.c_str(); }

    static void run(kvmactors_call *call)
    {
        try {
            // In the order in which they are written; braces see to that.
            std::tuple<std::remove_cvref_t<Arguments>...> arguments{get<std::remove_cvref_t<Arguments>>(call)...};

            if (call->failed)
                return;
            if constexpr (std::is_void_v<Result>)
                std::apply(Function, std::move(arguments));
            else
                put<std::remove_cvref_t<Result>>(call, std::apply(Function, std::move(arguments)));
        } catch (const std::exception &thrown) {
            kvmactors_fail(call, thrown.what());
        } catch (...) {
            kvmactors_fail(call, "the function threw what is no std::exception");
        }
    }
};

}

template <class Signature> class host_function;

// A function of the host's. Its buffer is its own: one call at a time.
template <class Result, class... Arguments> class host_function<Result(Arguments...)> {
public:
    explicit host_function(const char *name) : import_{name, detail::signature<Result, Arguments...>.c_str(), -1} {}

    Result operator()(const std::remove_cvref_t<Arguments> &...arguments)
    {
        kvmactors_call call;

        if (buffer_.empty())
            buffer_.resize(KVMACTORS_BUFFER_BYTES);
        kvmactors_begin(&call, buffer_.data(), buffer_.size());
        (detail::put<std::remove_cvref_t<Arguments>>(&call, arguments), ...);
        int status = kvmactors_invoke(&call, &import_);
        if (status == 1) {
            kvmactors_bytes message = kvmactors_error(&call);
            throw error(std::string(reinterpret_cast<const char *>(message.data), message.length));
        }
        if (status < 0)
            throw error(std::string("the host function ") + import_.name + " cannot be called (error " + std::to_string(-status) + ")");
        if constexpr (!std::is_void_v<Result>)
            return detail::get<std::remove_cvref_t<Result>>(&call);
    }

private:
    kvmactors_import import_;
    std::vector<unsigned char> buffer_;
};

}

#define KVMACTORS_EXPORT(function) \
    static const struct kvmactors_function kvmactors_row_##function __attribute__((section("kvmactors_functions"), used, aligned(8))) = \
        { #function, kvmactors::detail::exported<&function>::types(), kvmactors::detail::exported<&function>::run };

#endif
