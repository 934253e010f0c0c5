<?php
// As much of WordPress and WooCommerce as a plugin on a product's page needs: hooks, script modules and escaping.

error_reporting( E_ALL );
set_error_handler( fn( $level, $message ) => throw new ErrorException( $message, 0, $level ) );

define( 'ABSPATH', '/' );
$hooks   = array();
$modules = array();

function add_action( $hook, $callback, $priority = 10 ) {
	global $hooks;
	$hooks[ $hook ][ $priority ][] = $callback;
}

function do_action( $hook ) {
	global $hooks;
	ksort( $hooks[ $hook ] );
	array_map( fn( $callback ) => $callback(), array_merge( ...$hooks[ $hook ] ) );
}

function wp_enqueue_script_module( string $id, string $src = '', array $deps = array(), $version = false ) {
	global $modules;
	// Like WordPress: null adds no version.
	$modules[ $id ] = null === $version ? $src : "$src?ver=6.8";
}

function esc_attr( $text ) {
	return htmlspecialchars( $text, ENT_QUOTES );
}

function get_bloginfo( $show ) {
	return 'language' === $show ? 'de-DE' : '';
}

function get_woocommerce_currency() {
	return 'EUR';
}

class WC_Product {
	public function __construct( private string $sku ) {}

	public function get_sku() {
		return $this->sku;
	}
}

$sku     = json_decode( file_get_contents( '/product.json' ) );
$product = null === $sku ? null : new WC_Product( $sku );
require '/plugin.php';
do_action( 'wp_enqueue_scripts' );
foreach ( $modules as $src ) {
	printf( '<script type="module" src="%s"></script>', esc_attr( $src ) );
}
do_action( 'woocommerce_after_single_product_summary' );
