// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>The variables that Hugging Face's tools read, as they read them.</summary>
internal static class HubEnvironment
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Fills in what the options leave open and checks them: afterwards endpoint, cache, token and offline mode are not null.</summary>
    public static HubOptions Complete(HubOptions? options, Func<string, string?> environment)
    {
        options ??= new HubOptions();
        string home = Folder(environment("HF_HOME")) ?? Path.Combine(Folder(environment("XDG_CACHE_HOME")) ?? Path.Combine(UserFolder, ".cache"), "huggingface");
        HubOptions complete = options with
        {
            Endpoint = options.Endpoint ?? EndpointOf(environment("HF_ENDPOINT")),
            CacheFolder = Path.GetFullPath(
                options.CacheFolder ?? Folder(environment("HF_HUB_CACHE")) ?? Folder(environment("HUGGINGFACE_HUB_CACHE")) ?? Path.Combine(home, "hub")),
            LocalFolder = options.LocalFolder is { } local ? Path.GetFullPath(local) : null,
            Token = options.Token ?? TokenOf(environment, home),
            Offline = options.Offline ?? (IsOn(environment("HF_HUB_OFFLINE")) || IsOn(environment("TRANSFORMERS_OFFLINE"))),
        };
        Validate(complete);
        return complete;
    }

    private static string UserFolder => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string? Folder(string? value) => value is not { Length: > 0 } ? null
        : value == "~" ? UserFolder
        : value.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(UserFolder, value[2..])
        : value;

    private static Uri EndpointOf(string? value) => value is not { Length: > 0 } ? new Uri(DefaultEndpoint)
        : Uri.TryCreate(value, UriKind.Absolute, out Uri? address) ? address
        : throw new InvalidOptionsException("HF_ENDPOINT", value, "an address that begins with http:// or https://");

    private static string TokenOf(Func<string, string?> environment, string home)
    {
        if (IsOn(environment("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
        {
            return "";
        }

        string? token = environment("HF_TOKEN") is { Length: > 0 } value ? value : environment("HUGGING_FACE_HUB_TOKEN");
        return (token is { Length: > 0 } ? token : ReadToken(Folder(environment("HF_TOKEN_PATH")) ?? Path.Combine(home, "token"))).Trim();
    }

    private static string ReadToken(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (UnauthorizedAccessException)
        {
            return ""; // somebody else's token is no token
        }
    }

    private static bool IsOn(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static void Validate(HubOptions options)
    {
        Require(options.Endpoint!.IsAbsoluteUri && options.Endpoint.Scheme is "http" or "https", nameof(options.Endpoint), options.Endpoint, "an http or https address");
        Require(options.LocalFolder is null || !File.Exists(options.LocalFolder), nameof(options.LocalFolder), options.LocalFolder, "a folder, or nothing that is there yet");
        Require(options.MaxParallelFiles is >= 1 and <= 64, nameof(options.MaxParallelFiles), options.MaxParallelFiles, "1 to 64");
        Require(options.StallTimeout > TimeSpan.Zero, nameof(options.StallTimeout), options.StallTimeout, "more than zero");
        Require(options.Token!.All(c => c is > ' ' and <= '~'), nameof(options.Token), "(hidden)", "printable ASCII without spaces");
        Require(
            options.Handler is not (SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true }),
            nameof(options.Handler), options.Handler?.GetType().Name, "one that leaves redirects alone (AllowAutoRedirect = false)");
    }

    private static void Require(bool holds, string option, object? value, string allowed)
    {
        if (!holds)
        {
            throw new InvalidOptionsException(option, value, allowed);
        }
    }
}
