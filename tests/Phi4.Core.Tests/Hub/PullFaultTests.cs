// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

/// <summary>Hubs that are ill, wrong or hostile.</summary>
public sealed class PullFaultTests : HubFixture
{
    private const string Stored = $"/{Weights}";

    [Test]
    public async Task Connection_CutAgainAndAgain_IsContinuedWhereItBroke()
    {
        Hub.Change = (request, right) => request.Path == Stored ? right with { CutAfter = 20_000 } : right;
        PulledModel pulled = await PullAsync();
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        Assert.That(pulled.BytesReceived, Is.EqualTo(300_014), "nothing came twice");
        Assert.That(Hub.StoreRequests.Select(request => request.From), Is.EqualTo(Enumerable.Range(0, 15).Select(i => i * 20_000)));
    }

    [Test]
    public async Task Connection_CutWhereRangesAreIgnored_BeginsAnewAndComesThrough()
    {
        int tries = 0;
        Hub.Change = (request, right) => request.Path != Stored ? right
            : new StubResponse(200, Files[Weights]) { CutAfter = ++tries < 4 ? 50_000 * tries : null };
        await PullAsync();
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
    }

    [Test]
    public async Task Connection_CutAtOnePlaceWhereRangesAreIgnored_IsGivenUp()
    {
        Hub.Change = (request, right) => request.Path == Stored ? new StubResponse(200, Files[Weights]) { CutAfter = 50_000 } : right;
        HubException error = await FailsAsync<HubException>();
        Assert.That(error.Failure, Is.EqualTo(HubFailure.Unreachable));
        Assert.That(error.File, Is.EqualTo(Weights));
        Assert.That(error.Message, Does.Contain("after 50,000 of 300,000 bytes"));
        Assert.That(Hub.StoreRequests, Has.Count.EqualTo(10));
        Assert.That(Time.Waits, Does.Contain(TimeSpan.FromSeconds(0.5)).And.Contain(TimeSpan.FromSeconds(16)));
    }

    [Test]
    public async Task Connection_ThatFallsSilent_IsTriedAnew()
    {
        int tries = 0;
        Hub.Change = (request, right) => request.Path == Stored && ++tries == 1 ? right with { SilentAfter = 1000 } : right;
        await PullAsync(Options with { StallTimeout = TimeSpan.FromSeconds(1) });
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        Assert.That(Hub.StoreRequests.Last().From, Is.EqualTo(1000));
    }

    [TestCase(299_999)]
    [TestCase(300_001)]
    public async Task Size_OtherThanAnnounced_IsNamedWithBoth(int bytes)
    {
        Hub.Change = (request, right) => request.Path == Stored ? new StubResponse(200, Files[Weights].Append((byte)0).Take(bytes).ToArray()) : right;
        DownloadMismatchException error = await FailsAsync<DownloadMismatchException>();
        Assert.That((error.Property, error.Expected, error.Found), Is.EqualTo(("bytes", "300000", bytes.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.That(error.File, Is.EqualTo(Weights));
    }

    [Test]
    public async Task Hash_OtherThanAnnounced_IsTriedTwiceAndNothingIsKept()
    {
        Hub.Change = (request, right) => request.Path == Stored ? right with { Body = new byte[right.Body.Length] } : right;
        DownloadMismatchException error = await FailsAsync<DownloadMismatchException>();
        Assert.That(error.Property, Is.EqualTo("sha256"));
        Assert.That(error.Expected, Is.EqualTo(StubHub.HashOf(Weights, Files[Weights])));
        Assert.That(Hub.StoreRequests, Has.Count.EqualTo(2));
        Assert.That(new FileInfo(Part(Weights)).Length, Is.Zero);
        Assert.That(File.Exists(Path.Combine(Home, "refs", "main")), Is.False);
    }

    [Test]
    public async Task Hash_OfASmallFile_IsChecked()
    {
        Hub.Change = (request, right) => request is { Method: "GET" } && request.Path.EndsWith("config.json", StringComparison.Ordinal) ? right with { Body = "[]"u8.ToArray() } : right;
        DownloadMismatchException error = await FailsAsync<DownloadMismatchException>();
        Assert.That((error.File, error.Property), Is.EqualTo(("config.json", "git sha1")));
    }

    [Test]
    public async Task Part_OfOtherBytes_IsDroppedAndTheFileComesWhole()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part(Weights))!);
        await File.WriteAllBytesAsync(Part(Weights), new byte[1000]);
        await PullAsync();
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        Assert.That(Hub.StoreRequests.Select(request => request.From), Is.EqualTo((int[])[1000, 0]));
    }

    [Test]
    public async Task Part_LongerThanTheFile_IsDropped()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part(Weights))!);
        await File.WriteAllBytesAsync(Part(Weights), new byte[300_001]);
        await PullAsync();
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
    }

    [Test]
    public async Task Range_OfAnotherPlace_IsRefused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part(Weights))!);
        await File.WriteAllBytesAsync(Part(Weights), Files[Weights][..1000]);
        Hub.Change = (request, right) => request.Path == Stored
            ? new StubResponse(206, Files[Weights][5000..]) { Headers = [("Content-Range", "bytes 5000-299999/300000")] }
            : right;
        HubException error = await FailsAsync<HubException>();
        Assert.That(error.Failure, Is.EqualTo(HubFailure.UnexpectedAnswer));
        Assert.That(error.Message, Does.Contain("from 1,000 on, got some from 5,000 on"));
    }

    [TestCase(401, "", HubFailure.AccessDenied, "the token was refused")]
    [TestCase(401, "RepoNotFound", HubFailure.ModelNotFound, "no such model, or a private one that the token does not open")]
    [TestCase(403, "GatedRepo", HubFailure.Gated, "terms to be accepted at http://127.0.0.1")]
    [TestCase(403, "", HubFailure.AccessDenied, "access was refused")]
    [TestCase(404, "RepoNotFound", HubFailure.ModelNotFound, "no such model")]
    [TestCase(404, "RevisionNotFound", HubFailure.RevisionNotFound, "no revision main")]
    [TestCase(404, "", HubFailure.ModelNotFound, "no such model")]
    [TestCase(418, "", HubFailure.UnexpectedAnswer, "HTTP 418")]
    public async Task Refusal_OfTheModel_IsTypedAndNotRepeated(int status, string code, HubFailure failure, string says)
    {
        Hub.Change = (_, _) => StubResponse.Error(status, ("X-Error-Code", code), ("X-Error-Message", "Sorry."));
        HubException error = await FailsAsync<HubException>();
        Assert.That((error.Failure, error.StatusCode, error.Model), Is.EqualTo((failure, (int?)status, Model)));
        Assert.That(error.Message, Does.Contain(says).And.Contain("Sorry.").And.Not.Contain("secret"));
        Assert.That(Hub.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refusal_OfAFile_NamesIt()
    {
        Hub.Change = (request, right) => request.Path.EndsWith("tokenizer.json", StringComparison.Ordinal) ? StubResponse.Error(404) : right;
        HubException error = await FailsAsync<HubException>();
        Assert.That((error.Failure, error.File), Is.EqualTo((HubFailure.FileNotFound, "tokenizer.json")));
    }

    [Test]
    public async Task Hub_ThatAsksForPatience_GetsIt()
    {
        int tries = 0;
        Hub.Change = (request, right) => request.Path.StartsWith("/api", StringComparison.Ordinal) && ++tries <= 2 ? StubResponse.Error(429, ("Retry-After", "7")) : right;
        await PullAsync();
        Assert.That(Time.Waits.Count(wait => wait == TimeSpan.FromSeconds(7)), Is.EqualTo(2));
    }

    [Test]
    public async Task Hub_ThatAsksForAnHour_IsToldAtOnce()
    {
        Hub.Change = (_, _) => StubResponse.Error(429, ("RateLimit", "\"api\";r=0;t=3600"));
        HubException error = await FailsAsync<HubException>();
        Assert.That((error.Failure, error.RetryAfter), Is.EqualTo((HubFailure.RateLimited, (TimeSpan?)TimeSpan.FromHours(1))));
        Assert.That(Hub.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Hub_ThatIsIllForAWhile_IsAskedAgainAfterLongerAndLongerWaits()
    {
        int tries = 0;
        Hub.Change = (_, right) => ++tries <= 3 ? StubResponse.Error(503) : right;
        await PullAsync();
        Assert.That(Time.Waits.Take(3), Is.EqualTo((TimeSpan[])[TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)]));
    }

    [Test]
    public async Task Hub_ThatStaysIll_IsGivenUpWithItsStatus()
    {
        Hub.Change = (_, _) => StubResponse.Error(503);
        HubException error = await FailsAsync<HubException>();
        Assert.That((error.Failure, error.StatusCode), Is.EqualTo((HubFailure.Unreachable, (int?)503)));
        Assert.That(Hub.Requests, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Hub_ThatIsNotThere_IsNamed()
    {
        Hub.Dispose();
        HubException error = await FailsAsync<HubException>();
        Assert.That(error.Failure, Is.EqualTo(HubFailure.Unreachable));
        Assert.That(error.Message, Does.Contain("127.0.0.1"));
    }

    [TestCase("""{"sha":"../../etc","siblings":[]}""")]
    [TestCase("""{"siblings":[]}""")]
    [TestCase("[]")]
    [TestCase("<html>")]
    public async Task Listing_Malformed_IsRefused(string json)
    {
        Hub.Change = (_, _) => new StubResponse(200, System.Text.Encoding.UTF8.GetBytes(json));
        Assert.That((await FailsAsync<HubException>()).Failure, Is.EqualTo(HubFailure.UnexpectedAnswer));
    }

    [Test]
    public async Task Listing_WithPathsThatLeadOut_DoesNotEvenOfferThem()
    {
        Files["../../../../evil.tiktoken"] = [1];
        PulledModel pulled = await PullAsync(Options with { Include = ["*"] });
        Assert.That(pulled.Files.Select(file => file.Path), Is.EquivalentTo((string[])["config.json", "README.md", "tokenizer.json", Weights]));
    }

    [TestCase("../../evil")]
    [TestCase("abc")]
    public async Task Hash_ThatIsNone_IsRefused(string etag)
    {
        Hub.Change = (request, right) => request.Method == "HEAD" ? right with { Headers = [("ETag", $"\"{etag}\"")] } : right;
        HubException error = await FailsAsync<HubException>();
        Assert.That((error.Failure, error.Message.Contains(etag, StringComparison.Ordinal)), Is.EqualTo((HubFailure.UnexpectedAnswer, true)));
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("/endless")]
    public async Task Redirect_ThatLeadsNowhere_IsRefused(string location)
    {
        Hub.Change = (_, _) => StubResponse.Error(302, ("Location", location));
        Assert.That((await FailsAsync<HubException>()).Failure, Is.EqualTo(HubFailure.UnexpectedAnswer));
    }

    [Test]
    public async Task Redirect_WithinTheHub_IsFollowedWithTheToken()
    {
        Hub.Change = (request, right) => request.Path.StartsWith($"/{Model}/resolve", StringComparison.Ordinal) && !StubHub.IsLarge(request.Path)
            && !request.Path.EndsWith("?moved", StringComparison.Ordinal)
                ? StubResponse.Error(307, ("Location", request.Path + "?moved"))
                : request.Path.EndsWith("config.json?moved", StringComparison.Ordinal) ? Moved("config.json")
                : request.Path.EndsWith("tokenizer.json?moved", StringComparison.Ordinal) ? Moved("tokenizer.json") : right;
        await PullAsync();
        Assert.That(Snapshot("config.json"), Is.EqualTo(Files["config.json"]));
        Assert.That(Hub.Requests.Select(request => request.Authorization), Is.All.EqualTo("Bearer hf_secret"));

        StubResponse Moved(string file) => new(200, Files[file]) { Headers = [("ETag", $"\"{StubHub.HashOf(file, Files[file])}\"")] };
    }
}
