using FsCheck;
using FsCheck.Fluent;

namespace KvmActors.Library.Tests.Functions;

public sealed class FunctionDataTests
{
    [Fact]
    public void Reader_OfWhatWasWritten_ReadsTheSame() => Prop.ForAll(
        ArbMap.Default.ArbFor<string[]>(), ArbMap.Default.ArbFor<byte[][]>(), ArbMap.Default.ArbFor<long>(), (texts, blocks, number) =>
        {
            // A lone surrogate is no UTF-8.
            texts = [.. texts.Select(text => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text ?? "")))];
            var writer = new FunctionWriter();
            writer.Write(number);
            Array.ForEach(texts, writer.WriteString);
            Array.ForEach(blocks, block => writer.WriteBytes(block ?? []));
            writer.Write((short)number);
            writer.Write(number < 0);

            var reader = new FunctionReader(writer.Written.Span);
            var isSame = reader.ReadInt64() == number;
            foreach (var text in texts)
            {
                isSame &= reader.ReadString() == text;
            }

            foreach (var block in blocks)
            {
                isSame &= reader.ReadBytes().SequenceEqual(block ?? []);
            }

            return isSame && reader.ReadInt16() == (short)number && reader.ReadBoolean() == number < 0 && reader.IsAtEnd;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Reader_OfAnyBytes_ReadsThemOrSaysThatTheyEnd() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), (data, steps) =>
        {
            // Lengths that could be meant, too.
            for (var index = 0; index + 7 < data.Length; index += 16)
            {
                data.AsSpan(index + 1, 7).Clear();
            }

            var reader = new FunctionReader(data);
            try
            {
                foreach (var step in steps)
                {
                    _ = (step % 4) switch
                    {
                        0 => reader.ReadBytes().Length <= data.Length,
                        1 => reader.ReadString().Length <= data.Length,
                        2 => reader.ReadStruct<Guid>() != default,
                        _ => reader.ReadBoolean(),
                    };
                }

                return true;
            }
            catch (FunctionDataException e)
            {
                return e.Message.Length > 0;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
}
