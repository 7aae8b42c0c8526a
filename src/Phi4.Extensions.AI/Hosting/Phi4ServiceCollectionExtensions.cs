// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>A model and its chat client as services of an application.</summary>
public static class Phi4ServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="Phi4ModelHost"/>: the model, loaded in the background when the host starts. A pipeline goes around it with Microsoft.Extensions.AI's
    /// <c>AddChatClient(services => services.GetRequiredService&lt;Phi4ModelHost&gt;().ChatClient)</c>.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">After the configuration's section <c>Phi4</c> has been read; null for that alone.</param>
    public static IServiceCollection AddPhi4(this IServiceCollection services, Action<Phi4Options>? configure = null) => AddHost(services, null, configure);

    /// <summary>As <see cref="AddPhi4"/>, for one of several models, which is asked for by its key.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="key">The model's key. Its section is <c>Phi4:Keyed:KEY</c>.</param>
    /// <param name="configure">After the section has been read; null for that alone.</param>
    public static IServiceCollection AddKeyedPhi4(this IServiceCollection services, string key, Action<Phi4Options>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return AddHost(services, key, configure);
    }

    /// <summary>As <see cref="AddPhi4"/>, and an <see cref="IChatClient"/> without any middleware.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">After the configuration's section <c>Phi4</c> has been read; null for that alone.</param>
    public static IServiceCollection AddPhi4ChatClient(this IServiceCollection services, Action<Phi4Options>? configure = null) =>
        services.AddPhi4(configure).AddSingleton(provider => provider.GetRequiredService<Phi4ModelHost>().ChatClient);

    /// <summary>As <see cref="AddKeyedPhi4"/>, and an <see cref="IChatClient"/> of the same key without any middleware.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="key">The key of model and client. The section is <c>Phi4:Keyed:KEY</c>.</param>
    /// <param name="configure">After the section has been read; null for that alone.</param>
    public static IServiceCollection AddKeyedPhi4ChatClient(this IServiceCollection services, string key, Action<Phi4Options>? configure = null) =>
        services.AddKeyedPhi4(key, configure).AddKeyedSingleton(key, (provider, _) => provider.GetRequiredKeyedService<Phi4ModelHost>(key).ChatClient);

    private static IServiceCollection AddHost(IServiceCollection services, string? key, Action<Phi4Options>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        string name = key ?? Options.DefaultName;
        if (!services.Any(service => service.ServiceType == typeof(Phi4ModelHost) && Equals(service.ServiceKey, key)))
        {
            // The section first, so that code has the last word.
            string section = key is null ? Phi4OptionsReader.Section : $"{Phi4OptionsReader.Section}:{Phi4OptionsReader.Keyed}:{key}";
            services.AddOptions<Phi4Options>(name)
                .Configure<IServiceProvider>((options, provider) =>
                {
                    if (provider.GetService<IConfiguration>() is { } configuration)
                    {
                        Phi4OptionsReader.Read(configuration.GetSection(section), options);
                    }
                })
                .ValidateOnStart();
            services.AddSingleton<IValidateOptions<Phi4Options>>(new Phi4OptionsValidator(name));
            if (key is null)
            {
                services.AddSingleton(provider => Create(provider, name));
                services.AddSingleton<IHostedService>(provider => new ModelService(provider.GetRequiredService<Phi4ModelHost>()));
            }
            else
            {
                services.AddKeyedSingleton(key, (provider, _) => Create(provider, name));
                services.AddSingleton<IHostedService>(provider => new ModelService(provider.GetRequiredKeyedService<Phi4ModelHost>(key)));
            }
        }

        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        return services;
    }

    private static Phi4ModelHost Create(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<Phi4Options>>().Get(name),
        provider.GetService<ILoggerFactory>()?.CreateLogger("Phi4") ?? NullLogger.Instance,
        provider.GetService<TimeProvider>() ?? TimeProvider.System);
}
