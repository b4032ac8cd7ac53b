using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

public sealed class NameTests : TestKit
{
    [Fact]
    public async Task ActorOf_WithoutName_CountsUp()
    {
        var parent = Sys.ActorOf(Props.Create(() => new OpenActor()), "parent");

        var names = await parent.Ask<string[]>(
            (Func<IActorContext, object>)(context =>
                Enumerable.Range(0, 66).Select(_ => context.ActorOf(Props.Create(() => new SilentActor())).Path.Name).ToArray()),
            Patience.Long);

        Assert.Equal(["$a", "$b", "$c"], names[..3]);
        Assert.Equal(["$~", "$ab", "$bb"], names[63..]);
    }

    [Fact]
    public void ActorOf_NameOfALivingSibling_Throws()
    {
        Sys.ActorOf(Props.Create(() => new SilentActor()), "taken");

        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(Props.Create(() => new SilentActor()), "taken"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("a/b")]
    [InlineData("with space")]
    [InlineData("naïve")]
    [InlineData("%zz")]
    public void ActorOf_MalformedName_Throws(string name)
    {
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(Props.Create(() => new SilentActor()), name));
    }

    [Theory]
    [InlineData("vm-1")]
    [InlineData("a.b_c:d@e")]
    [InlineData("%41x")]
    public void ActorOf_WellFormedName_IsThePathsLastElement(string name)
    {
        var actor = Sys.ActorOf(Props.Create(() => new SilentActor()), name);

        Assert.Equal(name, actor.Path.Name);
        Assert.Equal($"/user/{name}", actor.Path.ToStringWithoutAddress());
        Assert.Equal($"akka://{Sys.Name}/user/{name}", actor.Path.ToString());
        Assert.Equal(actor.Path, actor.Path.Parent / name);
    }

    [Fact]
    public async Task ActorRef_SamePathAnotherLife_IsNotEqual()
    {
        var first = Sys.ActorOf(Props.Create(() => new SilentActor()), "again");
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, Patience.Long);

        IActorRef? second = null;
        await AwaitAssertAsync(() => second = Sys.ActorOf(Props.Create(() => new SilentActor()), "again"), Patience.Long);

        Assert.Equal(first.Path, second!.Path);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task Child_FindsTheLivingByName()
    {
        var parent = Sys.ActorOf(Props.Create(() => new OpenActor()));

        var found = await parent.Ask<(IActorRef Created, IActorRef Found, IActorRef Missing, int Count)>(
            (Func<IActorContext, object>)(context => (
                context.ActorOf(Props.Create(() => new SilentActor()), "x"),
                context.Child("x"),
                context.Child("y"),
                context.GetChildren().Count())),
            Patience.Long);

        Assert.Equal(found.Created, found.Found);
        Assert.Equal(ActorRefs.Nobody, found.Missing);
        Assert.Equal(1, found.Count);
    }
}
